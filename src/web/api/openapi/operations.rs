//! The operations of both dialects, in one table.

/// One operation of the table.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// `get`, `post`, `put` or `delete`.
    pub method: &'static str,
    /// The path, its parameters in braces.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The permission the token needs; empty for none.
    pub permission: &'static str,
    /// The fields of the body, as `name: kind`, required ones with `!`; empty without a body. `$query` is a filter,
    /// `$users` and `$tokens` are the other properties of the model, which are read over.
    pub body: &'static [&'static str],
    /// The parameters of the query.
    pub query: &'static [&'static str],
    /// Status of success, and the schema of its body; empty without one.
    pub success: (u16, &'static str),
}

macro_rules! operations {
    ($($method:ident $path:literal $summary:literal needs $permission:literal
       body [$($body:literal),*] query [$($query:literal),*] gives $status:literal $schema:literal;)+) => {
        /// Every operation of both dialects.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            method: stringify!($method),
            path: $path,
            summary: $summary,
            permission: $permission,
            body: &[$($body),*],
            query: &[$($query),*],
            success: ($status, $schema),
        }),+];
    };
}

operations! {
    post "/api/v1/users" "Invite a user" needs "api.users.write"
        body ["email!: address", "role!: v1assigned", "$users"] query [] gives 201 "User";
    get "/api/v1/users/current" "Show the user of the calling token" needs ""
        body [] query [] gives 200 "User";
    post "/api/v1/users/query" "Find users" needs "api.users.read"
        body ["$query"] query ["page", "size", "sort"] gives 200 "PageOf_User";
    get "/api/v1/users/{userId}" "Show a user" needs "api.users.read"
        body [] query [] gives 200 "User";
    put "/api/v1/users/{userId}" "Save role and switch of a user" needs "api.users.write"
        body ["version!: version", "role!: v1role", "enabled!: boolean", "$users"] query [] gives 200 "User";
    delete "/api/v1/users/{userId}" "Remove a user from the organization" needs "api.users.delete"
        body [] query [] gives 204 "";
    get "/api/v1/users/{userId}/permissions" "Tell what a user may open" needs "api.users.read"
        body [] query [] gives 200 "Permissions";
    post "/api/v1/users/{userId}/resend-activation-link" "Send the activation link again" needs "api.users.write"
        body [] query [] gives 200 "User";
    post "/api/v1/api-tokens" "Make an API token" needs "api.api-tokens.write"
        body ["name!: name", "expiry!: date-time", "permissions!: permissions", "allowedAddresses: addresses", "$tokens"] query []
        gives 201 "ApiToken";
    post "/api/v1/api-tokens/query" "Find API tokens" needs "api.api-tokens.read"
        body ["$query"] query ["page", "size", "sort"] gives 200 "PageOf_ApiToken";
    get "/api/v1/api-tokens/{apiTokenId}" "Show an API token" needs "api.api-tokens.read"
        body [] query [] gives 200 "ApiToken";
    put "/api/v1/api-tokens/{apiTokenId}" "Change an API token" needs "api.api-tokens.write"
        body ["version!: version", "name!: name", "permissions!: permissions", "allowedAddresses: addresses", "$tokens"] query []
        gives 200 "ApiToken";
    delete "/api/v1/api-tokens/{apiTokenId}" "Revoke an API token" needs "api.api-tokens.delete"
        body [] query [] gives 204 "";
    get "/api/user" "List all users" needs "api.users.read"
        body [] query ["page", "pageSize", "includeDisabled", "role", "search"] gives 200 "UserList";
    post "/api/user" "Make a user in no tenant" needs "api.users.write"
        body ["email!: address", "displayName!: display-name", "roleName!: role", "firstName: name-part",
              "lastName: name-part", "sendWelcomeEmail: boolean"] query [] gives 201 "Created";
    get "/api/user/{userId}" "Show a user" needs "api.users.read"
        body [] query [] gives 200 "ShownUser";
    put "/api/user/{userId}" "Change a user everywhere" needs "api.users.write"
        body ["displayName: display-name", "roleName: role", "disabled: boolean", "isServiceAccount: boolean",
              "homeTenantId: guid"] query [] gives 200 "Done";
    get "/api/user/by-email/{email}" "Show the user with an address" needs "api.users.read"
        body [] query [] gives 200 "ShownUser";
    get "/api/user/{userId}/tenants" "List the tenants of a user" needs "api.users.read"
        body [] query [] gives 200 "TenantsOfUser";
    get "/api/tenant/{tenantId}/user" "List the users of a tenant" needs "api.users.read"
        body [] query ["page", "pageSize", "includeDisabled", "role", "search"] gives 200 "UserList";
    post "/api/tenant/{tenantId}/user" "Make or assign a user in a tenant" needs "api.users.write"
        body ["email!: address", "displayName!: display-name", "roleName!: role", "firstName: name-part",
              "lastName: name-part", "sendWelcomeEmail: boolean"] query [] gives 201 "Created";
    get "/api/tenant/{tenantId}/user/by-email/{email}" "Show the user of a tenant with an address"
        needs "api.users.read" body [] query [] gives 200 "ShownUser";
    get "/api/tenant/{tenantId}/user/{userId}" "Show a user of a tenant" needs "api.users.read"
        body [] query [] gives 200 "ShownUser";
    put "/api/tenant/{tenantId}/user/{userId}" "Change a user in a tenant" needs "api.users.write"
        body ["displayName: display-name", "roleName: role"] query [] gives 200 "Done";
    post "/api/tenant/{tenantId}/user/{userId}" "Assign a user to a tenant" needs "api.users.write"
        body ["roleName: role"] query [] gives 200 "Done";
    delete "/api/tenant/{tenantId}/user/{userId}" "Remove a user from a tenant" needs "api.users.delete"
        body [] query [] gives 200 "Done";
    get "/api/tenant/{tenantId}/user/{userId}/permissions" "Tell what a user may open" needs "api.users.read"
        body [] query [] gives 200 "Permissions";
    get "/api/tenant" "List tenants" needs "api.tenants.read"
        body [] query ["page", "pageSize"] gives 200 "TenantList";
    post "/api/tenant" "Make a tenant" needs "api.tenants.write"
        body ["name!: slug", "displayName: name", "description: text", "timeZone: zone", "maxUsers: limit",
              "maxAnalyst: limit", "maxCases: count", "expirationDate: date"] query []
        gives 201 "ShownTenant";
    put "/api/tenant" "Change a tenant" needs "api.tenants.write"
        body ["tenantId!: guid", "displayName: name", "description: text", "timeZone: zone", "maxUsers: limit",
              "maxAnalyst: limit", "maxCases: count", "expirationDate: date", "isDisabled: boolean"] query [] gives 200 "ShownTenant";
    delete "/api/tenant" "Delete a tenant" needs "api.tenants.delete"
        body ["tenantId!: guid", "name!: string", "displayName!: string"] query [] gives 200 "TenantDone";
    get "/api/tenant/{tenantId}" "Show a tenant" needs "api.tenants.read"
        body [] query [] gives 200 "ShownTenant";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_its_own_place() {
        let mut places: Vec<_> = OPERATIONS.iter().map(|operation| (operation.path, operation.method)).collect();
        places.sort_unstable();
        let all = places.len();
        places.dedup();
        assert_eq!(places.len(), all);
    }
}
