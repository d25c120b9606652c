//! The traits between writers, stores and queries; the file-system seam; errors and annotations.
