//! The two JSON dialects. They stand outside the session layers: a cookie means nothing here and none is set, and no
//! answer invites another origin in. Every answer, also that to an unknown path, has the form of its dialect.

pub mod body;
pub mod gate;
pub mod openapi;
pub mod path;
pub mod permissions;
pub mod reference;
pub mod tenant;
pub mod v1;

use axum::Router;

use crate::app::App;

/// Both dialects.
pub fn router(app: &App) -> Router<App> {
    v1::router(app).merge(tenant::router(app))
}
