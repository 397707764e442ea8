//! Everybody a list would show, on all its pages, as the people of a job. The database copies them itself, however many
//! they are.

use super::{
    filters::{backwards, push_keys, sort_columns},
    gather::Gather,
};
use crate::{
    domain::{
        ids::{JobId, OrganizationId},
        time::Timestamp,
        users::UserQuery,
    },
    store::{Result, Tx, statement::Statement},
};

impl Tx {
    /// Makes the people of a list, in its order, the people of a job: at most `most`, and one more where there are more.
    /// The users of API tokens are left out.
    pub(crate) async fn add_matching(
        &mut self,
        job: JobId,
        organization: OrganizationId,
        query: &UserQuery,
        most: i64,
        now: Timestamp,
    ) -> Result<()> {
        let query = UserQuery { cursor: None, ..query.clone() };
        let way = self.choose_ways(organization, &query, now).await?.page;
        let mut statement = Statement::default();
        let org = statement.bind(organization.to_string());
        let id = statement.bind(job.to_string());
        let direction = if backwards(&query) { "DESC" } else { "ASC" };
        let order = sort_columns(query.sort).iter().map(|column| format!("{column} {direction}"));
        let order = order.collect::<Vec<_>>().join(", ");
        statement.push(&format!(
            "INSERT INTO job_people (job_id, place, user_id, person, detail, mark, result, settled)
             SELECT {id}, row_number() OVER (ORDER BY {order}), m.user_id,
                 CASE WHEN u.display_name = '' THEN u.email ELSE u.display_name END, '', '', '', FALSE FROM ("
        ));
        self.push_everybody(&mut statement, &query, way.as_ref(), &org, now);
        statement.push(&format!(
            " ORDER BY {order} LIMIT {}) picked CROSS JOIN memberships m CROSS JOIN users u
             WHERE m.organization_id = {org} AND m.user_id = picked.user_id AND u.id = m.user_id",
            most + 1
        ));
        self.run(&statement).await
    }

    /// How a list differs from the people of a job made of it: how many it has that the job has not, and the other way.
    pub(crate) async fn compare_matching(
        &mut self,
        job: JobId,
        organization: OrganizationId,
        query: &UserQuery,
        now: Timestamp,
    ) -> Result<(i64, i64)> {
        let query = UserQuery { cursor: None, ..query.clone() };
        let way = self.choose_ways(organization, &query, now).await?.page;
        let mut difference = [0, 0];
        for (number, came) in difference.iter_mut().zip([true, false]) {
            let mut statement = Statement::default();
            let org = statement.bind(organization.to_string());
            let id = statement.bind(job.to_string());
            let before = format!("SELECT user_id FROM job_people WHERE job_id = {id}");
            statement.push("SELECT count(*) FROM (");
            if !came {
                statement.push(&before).push(" EXCEPT ");
            }
            self.push_everybody(&mut statement, &query, way.as_ref(), &org, now);
            if came {
                statement.push(" EXCEPT ").push(&before);
            }
            statement.push(") differing");
            *number = self.number(&statement).await?;
        }
        let [came, went] = difference;
        Ok((came, went))
    }

    fn push_everybody(
        &self,
        statement: &mut Statement,
        query: &UserQuery,
        way: Option<&Gather>,
        org: &str,
        now: Timestamp,
    ) {
        statement.push("SELECT m.user_id ");
        push_keys(statement, self.backend(), query, way, org, now);
        statement.push(" AND m.kind <> 'token'");
    }
}
