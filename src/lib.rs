pub mod address;
pub mod exit;
pub mod mime;
pub mod pec;
pub mod printable;
pub mod providers;
pub mod smime;
pub mod timestamp;
