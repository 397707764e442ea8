//! Custom roles and holders for the tests of roles.

use super::{Access, CustomRole, Holdings};
use crate::domain::entropy::Seeded;
use crate::domain::ids::CustomRoleId;
use crate::domain::pages::{Application, Level, Page};
use crate::domain::time::Timestamp;

/// Somebody whose membership works, where every application is provisioned.
pub(super) const MEMBER: Holdings<'static> = Holdings { provisioned: Application::ALL, works: true, ..Holdings::NONE };

/// A custom role with these levels; its id follows from the seed.
pub(super) fn custom(seed: u64, name: &str, levels: &[(Page, Level)]) -> CustomRole {
    CustomRole {
        id: CustomRoleId::new(Timestamp::from_seconds(1), &Seeded::new(seed)),
        name: name.to_owned(),
        access: Access::from_levels(levels.iter().copied()),
    }
}
