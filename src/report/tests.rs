//! A whole report, of small runs.
