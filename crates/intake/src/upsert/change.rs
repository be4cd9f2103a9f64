//! What is said of a field that may be empty.

/// What is to become of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is emptied.
    Clear,
    /// It gets this value.
    Set(T),
}

impl<T> Change<T> {
    /// The value it gets, if it gets one.
    pub fn new_value(&self) -> Option<&T> {
        match self {
            Change::Keep | Change::Clear => None,
            Change::Set(value) => Some(value),
        }
    }

    /// The value it gets, if it gets one.
    pub fn into_new_value(self) -> Option<T> {
        match self {
            Change::Keep | Change::Clear => None,
            Change::Set(value) => Some(value),
        }
    }

    /// Does it.
    pub(super) fn apply(&self, field: &mut Option<T>)
    where
        T: Clone,
    {
        match self {
            Change::Keep => {}
            Change::Clear => *field = None,
            Change::Set(value) => *field = Some(value.clone()),
        }
    }
}

/// What is not given stays.
impl<T> From<Option<T>> for Change<T> {
    fn from(given: Option<T>) -> Change<T> {
        given.map_or(Change::Keep, Change::Set)
    }
}
