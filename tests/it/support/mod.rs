//! The product as its tests meet it: a whole [`TestApp`] without a socket, on either database, with a clock that only
//! moves when told to; [`Browser`]s that read pages as a person does; a [`Mailbox`] with what was sent.

pub mod api;
pub mod authenticator;
pub mod browser;
pub mod database;
pub mod form;
pub mod golden;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod pool;
pub mod shell;

mod app;

pub use api::Api;
pub use app::{Node, PASSWORD, SAM, SETUP_CODE, TestApp};
pub use browser::Browser;
pub use golden::golden;
pub use mailbox::Mail;
pub use page::Page;
pub use shell::Shell;

/// Each story once on SQLite and, where there is one, once on PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($app:ident) $body:block)+) => {
        $(async fn $name($app: &$crate::support::TestApp) $body)+

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let app = $crate::support::TestApp::on_sqlite().await;
                super::$name(&app).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(app) = $crate::support::TestApp::on_postgres().await {
                    super::$name(&app).await;
                    app.close().await;
                }
            })+
        }
    };
}
pub(crate) use both;
