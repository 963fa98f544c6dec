pub mod address;
pub mod exit;
pub mod mime;
pub mod printable;
pub mod smime;
pub mod timestamp;
