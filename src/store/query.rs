//! One statement on whichever database holds the rows: the text, then what stands for `$1`, `$2` and so on.

/// Carries out a statement and says how many rows it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::store::backend::on!($tx, |c| sqlx::query($sql)
            $(.bind($value))*
            .execute(&mut *c)
            .await
            .map(|done| done.rows_affected()))
    };
}

/// Declares the macros that read rows: `fetch_…!` into a type of our own or a tuple, `scalar_…!` the
/// first column alone.
macro_rules! readers {
    ($d:tt $($name:ident: $query:ident, $fetch:ident;)+) => { $(
        macro_rules! $name {
            ($d tx:expr, $d row:ty, $d sql:expr $d(, $d value:expr)* $d(,)?) => {
                $crate::store::backend::on!($d tx, |c| sqlx::$query::<_, $d row>($d sql)
                    $d(.bind($d value))*
                    .$fetch(&mut *c)
                    .await)
            };
        }
        pub(crate) use $name;
    )+ };
}

readers! { $
    fetch_one: query_as, fetch_one;
    fetch_optional: query_as, fetch_optional;
    fetch_all: query_as, fetch_all;
    scalar_one: query_scalar, fetch_one;
    scalar_optional: query_scalar, fetch_optional;
    scalar_all: query_scalar, fetch_all;
}

pub(crate) use execute;
