//! Units, their states and their restarts over D-Bus: for the collector and for healing.
