//! Target pools, the scrape loop, staleness and limits.
