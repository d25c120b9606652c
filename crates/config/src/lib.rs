//! The files a user writes, decoded into resolved settings.
