//! User Management and what opens from it: details, Invite Users, Edit User, confirmations and bulk actions.

mod confirm;
mod edit;
mod index;
mod invite;
mod jobs;
mod show;

pub use confirm::{Confirm, Effect, EffectIcon};
pub use edit::{Changed, Conflict, Edit, EditAccess, Revert};
pub use index::{BulkBar, Empty, Index, Row, SortLink, StatusTab};
pub use invite::{Invite, InviteResults, Outcome};
pub use jobs::{BulkConfirm, BulkPerson, Import, JobLine, JobResults};
pub use show::{Login, Session, Show};
