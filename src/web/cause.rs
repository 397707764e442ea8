//! Why a request failed, kept beside its answer for the log alone.

use std::{fmt, sync::Arc};

use crate::error::AppError;

/// The cause of a fault, in the extensions of the answer.
#[derive(Debug, Clone)]
pub struct Cause(pub Arc<dyn std::error::Error + Send + Sync>);

/// An error with all its causes in one line.
#[derive(Debug)]
pub struct Chained(pub AppError);

impl fmt::Display for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = std::error::Error::source(&self.0);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Chained {}
