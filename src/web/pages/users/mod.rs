//! User Management and what opens from it: details, Invite Users, Edit User, confirmations and bulk actions.

mod bulk;
mod confirm;
mod edit;
mod index;
mod invite;
mod show;

pub use bulk::{BulkConfirm, BulkPerson, BulkResult, BulkResults};
pub use confirm::{Confirm, Effect, EffectIcon};
pub use edit::{Changed, Conflict, Edit, Revert};
pub use index::{BulkBar, Empty, Index, Row, SortLink, StatusTab};
pub use invite::{Invite, InviteResults, Outcome};
pub use show::{Login, Session, Show};
