//! Fetching a file over HTTP, by the way of [`super::stamping`]: the same limits, proxy,
//! TLS and redirects. What comes is octets of nobody; who asks for them says how many they may be.

use ureq::Agent;

use super::stamping::{self, Address, Fault, MAX_REDIRECTS, Way};
use crate::printable::Printable;

/// The octets of a file.
///
/// # Errors
/// When none came, or more than `limit`.
pub fn fetch(address: &Address, way: &Way, limit: u64) -> Result<Vec<u8>, Fault> {
    let agent = Agent::new_with_config(stamping::configuration(way)?);
    let mut address = address.clone();
    for _ in 0..=MAX_REDIRECTS {
        let response = agent.get(address.as_str()).call();
        let mut response = response.map_err(stamping::fault)?;
        let status = response.status();
        if status.is_redirection() {
            let location = response.headers().get("location");
            let location = location.and_then(|value| value.to_str().ok());
            let location = location.unwrap_or_default();
            let elsewhere = || Fault::Redirect(Printable(location).to_string());
            address = address.redirected(location).ok_or_else(elsewhere)?;
            continue;
        }
        if status.as_u16() != 200 {
            return Err(Fault::Status(status.as_u16()));
        }
        let body = response.body_mut().with_config().limit(limit);
        return body.read_to_vec().map_err(stamping::fault);
    }
    Err(Fault::Redirect(address.as_str().to_owned()))
}
