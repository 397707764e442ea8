//! The filter language, paging and order of `/api/v1/*/query` (v1 contract section 3, "Query").

use serde_json::{Value, json};

use super::{expect, invited};
use crate::support::{Api, TestApp, both};

/// Five people: Ana and Änne are called something, Bo is off.
async fn people(app: &TestApp) -> Api<'_> {
    let api = app.api().await;
    for (email, role) in [
        ("ana@example.com", "ROLE_USER"),
        ("BO@example.com", "ROLE_USER_ADMIN"),
        ("cy@other.example", "ROLE_ORGANIZATION_ADMIN"),
        ("aenne@example.com", "ROLE_USER"),
    ] {
        let made = invited(&api, email, role).await;
        if email.starts_with("BO") {
            api.put(&super::path_of("users", &made), super::save(&made, role, false)).await;
        }
    }
    for (email, first, last) in [("ana@example.com", "Ana", "Diaz"), ("aenne@example.com", "Änne", "Öz")] {
        app.pool
            .run(&format!(
                "UPDATE users SET first_name = '{first}', last_name = '{last}', first_key = '{}', last_key = '{}' WHERE email_key = '{email}'",
                first.to_lowercase(),
                last.to_lowercase()
            ))
            .await;
    }
    api
}

async fn found(api: &Api<'_>, query: &Value) -> Vec<String> {
    let answer = api.post("/api/v1/users/query?size=100&sort=email", query.clone()).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let people = answer.json["content"].as_array().expect("a list").iter();
    let mut names: Vec<String> = people
        .map(|user| user["email"].as_str().expect("email").split('@').next().expect("a name").to_lowercase())
        .map(|name| if name.len() > 30 { "robot".to_owned() } else { name })
        .collect();
    names.sort();
    assert_eq!(answer.json["totalElements"], json!(names.len()), "{query}");
    names
}

both! {
    async fn every_operator_on_every_field(app) {
        let api = people(app).await;
        let all = ["aenne", "ana", "bo", "cy", "robot", "sam"];
        let id = app.id("ana@example.com").await;
        for (query, expected) in [
            (json!({}), &all[..]),
            (json!({ "id": id }), &["ana"]),
            (json!({ "id": { "$in": [id, "x"] } }), &["ana"]),
            (json!({ "email": "ANA@Example.COM" }), &["ana"]),
            (json!({ "email": { "$eq": "bo@example.com" } }), &["bo"]),
            (json!({ "email": { "$ne": "bo@example.com" } }), &["aenne", "ana", "cy", "robot", "sam"]),
            (json!({ "email": { "$in": ["ana@example.com", "CY@other.example"] } }), &["ana", "cy"]),
            (json!({ "email": { "$in": [] } }), &[]),
            (
                json!({ "email": { "$nin": ["ana@example.com"] }, "serviceAccount": false }),
                &["aenne", "bo", "cy", "sam"],
            ),
            (json!({ "email": { "$iprefix": "A" } }), &["aenne", "ana"]),
            (json!({ "email": { "$isubstr": "OTHER." } }), &["cy"]),
            (json!({ "email": { "$isubstr": "%" } }), &[]),
            (json!({ "email": { "$iprefix": "_" } }), &[]),
            (json!({ "firstName": "Ana" }), &["ana"]),
            (json!({ "firstName": "ana" }), &[]),
            (json!({ "firstName": { "$iprefix": "ÄN" } }), &["aenne"]),
            (json!({ "lastName": { "$isubstr": "ö" } }), &["aenne"]),
            (json!({ "lastName": null, "serviceAccount": false }), &["bo", "cy"]),
            (json!({ "lastName": { "$ne": null } }), &["aenne", "ana", "sam"]),
            (json!({ "firstName": { "$ne": "Ana" }, "email": { "$iprefix": "c" } }), &["cy"]),
            (json!({ "role": "ROLE_USER" }), &["aenne", "ana"]),
            (json!({ "role": { "$in": ["ROLE_USER_ADMIN", "ROLE_ORGANIZATION_ADMIN"] } }), &["bo", "cy"]),
            (json!({ "role": { "$ne": "ROLE_USER" }, "serviceAccount": false }), &["bo", "cy", "sam"]),
            (json!({ "enabled": false }), &["bo"]),
            (json!({ "enabled": { "$ne": false }, "validated": false }), &["aenne", "ana", "cy"]),
            (json!({ "validated": true }), &["robot", "sam"]),
            (json!({ "serviceAccount": true }), &["robot"]),
            (json!({ "creationDate": { "$gte": "2020-01-01T00:00:00Z", "$lt": "2040-01-01T00:00:00+02:00" } }), &all),
            (json!({ "creationDate": { "$gt": "2040-01-01T00:00:00Z" } }), &[]),
            (json!({ "lastModifiedDate": { "$lte": "2040-01-01T00:00:00Z" } }), &all),
            (json!({ "creationDate": { "$ne": null } }), &all),
            (json!({ "$or": [{ "email": { "$iprefix": "bo" } }, { "serviceAccount": true }] }), &["bo", "robot"]),
            (json!({ "$and": [{ "enabled": true }, { "role": "ROLE_USER" }], "firstName": "Ana" }), &["ana"]),
            (
                json!({ "$or": [{ "$and": [{ "enabled": false }] }, { "$or": [{ "firstName": "Ana" }] }] }),
                &["ana", "bo"],
            ),
            (json!({ "$or": [{}] }), &all),
            (json!({ "firstName": "\u{0}" }), &[]),
            (json!({ "email": { "$in": ["\u{0}"] } }), &[]),
            (json!({ "lastName": { "$isubstr": "\u{0}" } }), &[]),
            (json!({ "id": { "$iprefix": "\u{0}" } }), &[]),
        ] {
            assert_eq!(found(&api, &query).await, expected, "{query}");
        }
        let same = api.get("/api/v1/users/current").await.text_of("creationDate");
        assert!(found(&api, &json!({ "creationDate": same })).await.contains(&"robot".to_owned()), "to the microsecond");
    }

    async fn what_is_no_query(app) {
        let api = app.api().await;
        let nested = |levels: usize| format!("{}{{}}{}", "{\"$and\":[".repeat(levels), "]}".repeat(levels));
        let many = |count: usize| format!("{{\"$or\":[{}]}}", vec![r#"{"enabled":true}"#; count].join(","));
        for good in [nested(9), many(100)] {
            assert_eq!(api.send("POST", "/api/v1/users/query", Some(good)).await.status, 200);
        }
        for bad in [
            &nested(10),
            &many(101),
            "[]",
            r#"{"password":"x"}"#,
            r#"{"email":1}"#,
            r#"{"email":{}}"#,
            r#"{"email":{"$like":"x"}}"#,
            r#"{"email":{"$gt":"x"}}"#,
            r#"{"enabled":"true"}"#,
            r#"{"$and":[]}"#,
            r#"{"$or":{}}"#,
            r#"{"$not":[{}]}"#,
            r#"{"creationDate":"yesterday"}"#,
            r#"{"email":"a","email":"b"}"#,
            r#"{"$or":[{"email":{"$eq":"a","$eq":"b"}}]}"#,
            r#"{"role":{"$gte":"ROLE_USER"}}"#,
            "1",
            r#""x""#,
        ] {
            expect(&api.send("POST", "/api/v1/users/query", Some((*bad).to_owned())).await, 400, "invalid_query", bad);
        }
        for path in ["/api/v1/users/query", "/api/v1/api-tokens/query"] {
            expect(&api.send("POST", path, Some("{".to_owned())).await, 400, "malformed_json", path);
            expect(&api.send("POST", path, None).await, 400, "malformed_json", path);
        }
        let long = format!("{{\"{}\":1}}", "x".repeat(500_000));
        let answer = api.send("POST", "/api/v1/users/query", Some(long)).await;
        assert!(answer.text.len() < 1000, "an answer does not grow with what is sent");
    }

    async fn long_queries_that_say_little_are_answered(app) {
        let api = people(app).await;
        let many = |part: Value, count: usize| Value::Array(vec![part; count]);
        for query in [
            json!({ "$or": many(json!({}), 5000) }),
            json!({ "$and": many(json!({ "$or": [{}] }), 5000) }),
            json!({ "creationDate": { "$nin": many(json!("2020-01-01T00:00:00Z"), 5000) } }),
        ] {
            assert_eq!(found(&api, &query).await.len(), 6);
        }
        let none = json!({ "creationDate": { "$in": many(json!("2020-01-01T00:00:00Z"), 5000) } });
        assert_eq!(found(&api, &none).await.len(), 0);
        let sort = "sort=email&".repeat(3000);
        let answer = api.post(&format!("/api/v1/users/query?{sort}size=100"), json!({})).await;
        assert_eq!((answer.status, &answer.json["totalElements"]), (200, &json!(6)));
    }

    async fn pages(app) {
        let api = people(app).await;
        let page = api.post("/api/v1/users/query?page=1&size=4&sort=email,desc", json!({})).await.json;
        assert_eq!(page["content"].as_array().map(Vec::len), Some(2));
        let sort = json!({ "empty": false, "sorted": true, "unsorted": false });
        for (field, value) in [
            ("pageNumber", json!(1)),
            ("number", json!(1)),
            ("pageSize", json!(4)),
            ("size", json!(4)),
            ("numberOfElements", json!(2)),
            ("totalElements", json!(6)),
            ("totalPages", json!(2)),
            ("first", json!(false)),
            ("last", json!(true)),
            ("sort", sort.clone()),
            ("pageable", json!({ "pageNumber": 1, "pageSize": 4, "offset": 4, "sort": sort })),
        ] {
            assert_eq!(page[field], value, "{field}");
        }
        let default = api.post("/api/v1/users/query", json!({})).await.json;
        assert_eq!((&default["page"], &default["size"], &default["number"]), (&Value::Null, &json!(20), &json!(0)));
        assert_eq!(api.post("/api/v1/users/query?size=101", json!({})).await.json["size"], json!(100));
        let past = api.post("/api/v1/users/query?page=9", json!({})).await.json;
        assert_eq!((&past["content"], &past["totalElements"]), (&json!([]), &json!(6)));
        let none = api.post("/api/v1/users/query", json!({ "email": "x" })).await.json;
        assert_eq!((&none["totalPages"], &none["first"], &none["last"]), (&json!(0), &json!(true), &json!(true)));
        for bad in [
            "page=-1",
            "page=x",
            "page=1.5",
            "size=0",
            "size=",
            "sort=password",
            "sort=email,up",
            "sort=email,asc,x",
            "page=1&page=2",
            "size=1&size=1",
            "page=99999999999999999999",
        ] {
            expect(&api.post(&format!("/api/v1/users/query?{bad}"), json!({})).await, 400, "validation_failed", bad);
        }
    }

    async fn orders(app) {
        let api = people(app).await;
        let first = async |sort: &str| {
            let page = api.post(&format!("/api/v1/users/query?{sort}"), json!({ "serviceAccount": false })).await;
            assert_eq!(page.status, 200, "{sort}: {}", page.text);
            let names = page.json["content"].as_array().expect("list").iter();
            names.map(|user| user["email"].as_str().expect("email")[..2].to_lowercase()).collect::<Vec<String>>()
        };
        assert_eq!(first("").await, ["sa", "an", "bo", "cy", "ae"], "as they came");
        assert_eq!(first("sort=email").await, ["ae", "an", "bo", "cy", "sa"]);
        assert_eq!(first("sort=email,desc").await, ["sa", "cy", "bo", "an", "ae"]);
        assert_eq!(first("sort=enabled&sort=email").await, ["bo", "ae", "an", "cy", "sa"]);
        assert_eq!(first("sort=role&sort=email,desc").await, ["sa", "cy", "an", "ae", "bo"]);
        assert_eq!(
            first("sort=firstName,desc&sort=email").await,
            ["ae", "sa", "an", "bo", "cy"],
            "code points: ä after s"
        );
        for field in ["id", "lastName", "validated", "serviceAccount", "creationDate", "lastModifiedDate"] {
            assert_eq!(first(&format!("sort={field},desc")).await.len(), 5, "{field}");
        }
    }
}
