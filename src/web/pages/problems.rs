//! The summary over a rejected form, gathered from its fields: a page cannot say one thing on top and another below.

use super::parts::Problem;

/// One line for each message, in the order of the fields. Each entry is the id of a control and its messages; an empty id
/// stands for a refusal that no field caused.
pub(super) fn gather(fields: &[(&str, &[String])]) -> Vec<Problem> {
    fields
        .iter()
        .flat_map(|(field, messages)| {
            messages.iter().map(|message| Problem { field: (*field).to_owned(), message: message.clone() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_gets_its_own_line_in_the_order_of_the_fields() {
        let short = ["Use at least 12 characters.".to_owned(), "This password is too common.".to_owned()];
        let differs = ["The passwords do not match.".to_owned()];
        let lines = gather(&[("password", &short), ("name", &[]), ("confirm", &differs)]);
        let lines: Vec<_> = lines.iter().map(|line| (line.field.as_str(), line.message.as_str())).collect();
        assert_eq!(
            lines,
            [
                ("password", "Use at least 12 characters."),
                ("password", "This password is too common."),
                ("confirm", "The passwords do not match."),
            ]
        );
    }
}
