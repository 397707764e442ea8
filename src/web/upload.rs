//! A form with a file (RFC 7578), as the import sends it. Read whole, within the bounds of its route.

use std::convert::Infallible;

use axum::body::Bytes;
use futures::stream;

use crate::error::AppError;

/// Parts a form may have.
const MOST_PARTS: usize = 20;

/// The parts of the form by name.
#[derive(Debug, Clone, Default)]
pub struct Upload(Vec<(String, Bytes)>);

impl Upload {
    /// Whether a request of this content type is one.
    pub fn is_announced(content_type: &str) -> bool {
        multer::parse_boundary(content_type).is_ok()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`AppError::UnsupportedMedia`] for another content type, [`AppError::BadRequest`] for a body that breaks the
    /// rules.
    pub async fn read(content_type: &str, body: Bytes) -> Result<Self, AppError> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| AppError::UnsupportedMedia)?;
        let body = stream::once(async move { Ok::<_, Infallible>(body) });
        let mut form = multer::Multipart::new(body, boundary);
        let mut parts = Vec::new();
        let unreadable = |_| AppError::BadRequest("The form cannot be read. Nothing was changed.");
        while let Some(part) = form.next_field().await.map_err(unreadable)? {
            if parts.len() == MOST_PARTS {
                return Err(AppError::BadRequest("A form with a file has at most 20 fields. Nothing was changed."));
            }
            let name = part.name().unwrap_or_default().to_owned();
            parts.push((name, part.bytes().await.map_err(unreadable)?));
        }
        Ok(Self(parts))
    }

    /// The text of a field, the first of its name.
    pub fn text(&self, name: &str) -> Option<String> {
        let (_, bytes) = self.0.iter().find(|(known, _)| known == name)?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// The file of a field; a browser sends an empty one where none was chosen.
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.0.iter().find(|(known, bytes)| known == name && !bytes.is_empty()).map(|(_, bytes)| bytes.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> Result<Upload, AppError> {
        let body = text.replace('\n', "\r\n");
        Upload::read("multipart/form-data; boundary=b", Bytes::from(body)).await
    }

    #[tokio::test]
    async fn fields_and_file_are_found_by_name() {
        let text = "--b\nContent-Disposition: form-data; name=\"csrf\"\n\ntoken\n--b\nContent-Disposition: form-data; \
            name=\"file\"; filename=\"a.csv\"\nContent-Type: text/csv\n\nemail,name\n--b--\n";
        let upload = read(text).await.unwrap();
        assert_eq!(upload.text("csrf").as_deref(), Some("token"));
        assert_eq!(upload.file("file").as_deref(), Some(&b"email,name"[..]));
        assert_eq!((upload.text("other"), upload.file("other")), (None, None));
    }

    #[tokio::test]
    async fn a_broken_or_endless_form_is_refused() {
        for text in ["", "--b", "--b\nContent-Disposition: form-data; name=\"csrf\"\n\ntoken", "nothing of the kind"] {
            assert!(read(text).await.is_err(), "{text}");
        }
        let part = "--b\nContent-Disposition: form-data; name=\"x\"\n\n1\n";
        assert!(read(&format!("{}--b--\n", part.repeat(21))).await.is_err());
        let upload = Upload::read("application/x-www-form-urlencoded", Bytes::new()).await;
        assert!(matches!(upload, Err(AppError::UnsupportedMedia)));
    }
}
