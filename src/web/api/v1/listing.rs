//! Pages of a query: the parameters in the URL, the filter in the body, the envelope of the answer.

use axum::{body::Body, http::HeaderMap};
use serde::Serialize;

use super::problem::{FieldProblem, Problem};
use crate::{
    domain::{
        json::Json,
        query::{self, Condition, Paging, QueryField, SortBy},
    },
    web::api::body::{self, BodyError},
};

const SIZE: u32 = 20;
const LARGEST_SIZE: u32 = 100;
/// So many wrong parameters are told.
const MOST_PROBLEMS: usize = 20;

/// A page of matches.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PageOf<T> {
    content: Vec<T>,
    page_number: u64,
    number: u64,
    page_size: u32,
    size: u32,
    number_of_elements: usize,
    total_elements: u64,
    total_pages: u64,
    first: bool,
    last: bool,
    sort: SortState,
    pageable: Pageable,
}

/// Whether the matches are in an order; they always are.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
pub struct SortState {
    empty: bool,
    sorted: bool,
    unsorted: bool,
}

/// The page that was asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pageable {
    page_number: u64,
    page_size: u32,
    offset: u64,
    sort: SortState,
}

impl<T> PageOf<T> {
    /// The envelope around a page.
    pub fn new(content: Vec<T>, paging: &Paging, total: i64) -> Self {
        let sort = SortState { empty: false, sorted: true, unsorted: false };
        let total_elements = u64::try_from(total).unwrap_or(0);
        let total_pages = total_elements.div_ceil(u64::from(paging.size));
        Self {
            page_number: paging.page,
            number: paging.page,
            page_size: paging.size,
            size: paging.size,
            number_of_elements: content.len(),
            total_elements,
            total_pages,
            first: paging.page == 0,
            last: paging.page.saturating_add(1) >= total_pages,
            sort,
            pageable: Pageable { page_number: paging.page, page_size: paging.size, offset: paging.offset(), sort },
            content,
        }
    }
}

/// Reads filter and paging of a query.
///
/// # Errors
/// `invalid_query` for the filter, `validation_failed` for the paging.
pub async fn read(
    fields: &[QueryField],
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Condition, Paging), Problem> {
    let filter = match body::read(headers, body).await {
        Ok(Some(filter)) => filter,
        Ok(None) => return Err(BodyError::Malformed.into()),
        Err(BodyError::RepeatedKey) => return Err(invalid("A key stands twice in one object.")),
        Err(error) => return Err(error.into()),
    };
    let paging = paging(fields, query.unwrap_or_default())?;
    let condition = read_filter(fields, &filter)?;
    Ok((condition, paging))
}

fn read_filter(fields: &[QueryField], filter: &Json) -> Result<Condition, Problem> {
    query::read_query(fields, filter).map_err(|error| invalid(error.0))
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, "invalid_query", detail)
}

fn paging(fields: &[QueryField], query: &str) -> Result<Paging, Problem> {
    let mut problems = Vec::new();
    let mut wrong = |field: &str, message: &str| {
        problems.push(FieldProblem { field: field.to_owned(), message: message.to_owned() });
    };
    let (mut page, mut size, mut sort) = (None, None, Vec::new());
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "page" => match (page, whole(&value)) {
                (None, Some(number)) => page = Some(number),
                _ => wrong("page", "Expected one whole number of at least 0."),
            },
            "size" => match (size, whole(&value).filter(|number| *number > 0)) {
                (None, Some(number)) => size = Some(number),
                _ => wrong("size", "Expected one whole number of at least 1."),
            },
            "sort" => match read_sort(fields, &value) {
                // A second order by the same field decides nothing.
                Some(by) if sort.iter().any(|known: &SortBy| known.field.name == by.field.name) => {}
                Some(by) => sort.push(by),
                None => wrong("sort", "Expected field, field,asc or field,desc."),
            },
            _ => {}
        }
    }
    problems.truncate(MOST_PROBLEMS);
    if !problems.is_empty() {
        return Err(Problem::fields("validation_failed", problems));
    }
    if sort.is_empty() {
        sort.extend(read_sort(fields, "creationDate,asc"));
    }
    let size = size.map_or(SIZE, |size| u32::try_from(size).unwrap_or(LARGEST_SIZE).min(LARGEST_SIZE));
    Ok(Paging { page: page.unwrap_or(0), size, sort })
}

fn whole(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse::<u64>().ok().filter(|number| u32::try_from(*number).is_ok())).flatten()
}

fn read_sort(fields: &[QueryField], text: &str) -> Option<SortBy> {
    let (name, direction) = text.split_once(',').unwrap_or((text, "asc"));
    let field = fields.iter().find(|field| field.name == name).copied()?;
    let descending = match direction {
        "asc" => false,
        "desc" => true,
        _ => return None,
    };
    Some(SortBy { field, descending })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::USER_FIELDS;

    #[test]
    fn parameters_of_the_contract() {
        let read = |query| paging(&USER_FIELDS, query);
        let plain = read("").unwrap();
        assert_eq!((plain.page, plain.size, plain.sort[0].field.name), (0, 20, "creationDate"));
        let full = read("page=2&size=1000&sort=email,desc&sort=id").unwrap();
        assert_eq!((full.page, full.size, full.sort.len(), full.sort[0].descending), (2, 100, 2, true));
        for wrong in ["page=-1", "page=x", "size=0", "size=", "sort=password", "sort=email,up", "page=1&page=2"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_envelope_counts_pages() {
        let paging = Paging { page: 1, size: 20, sort: Vec::new() };
        let page = PageOf::new(vec![(); 5], &paging, 25);
        assert_eq!((page.total_pages, page.first, page.last, page.pageable.offset), (2, false, true, 20));
        let empty = PageOf::<()>::new(Vec::new(), &Paging { page: 0, ..paging }, 0);
        assert_eq!((empty.total_pages, empty.first, empty.last), (0, true, true));
    }
}
