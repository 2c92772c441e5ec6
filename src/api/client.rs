//! Who asks: the address that a request came from, as far as it can be believed.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::RequestHead;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web;
use ipnet::IpNet;

use super::State;

/// Most proxies that a request is followed through.
const MAX_HOPS: usize = 32;

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// The address of the client: the peer's, or, where that is a trusted proxy, the last address before trusted proxies in
/// X-Forwarded-For or Forwarded (RFC 7239). A proxy writes one of the two, and the client can write the other: where
/// both are there and differ, neither is believed.
pub fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let list = |name: &str| {
        headers.contains_key(name).then(|| {
            let fields: Vec<&str> = headers.get_all(name).map(|field| field.to_str().unwrap_or_default()).collect();
            fields.join(",")
        })
    };
    let last = |list: &str, parse: fn(&str) -> Option<IpAddr>| {
        let mut nearest = peer;
        for hop in list.rsplit(',').take(MAX_HOPS) {
            // What a proxy put there that is no address hides who is behind it.
            let Some(address) = parse(hop.trim()) else { break };
            nearest = address.to_canonical();
            if !is_trusted(nearest, trusted) {
                break;
            }
        }
        nearest
    };
    let plain = list("x-forwarded-for").map(|list| last(&list, hop));
    let standard = list(header::FORWARDED.as_str()).map(|list| last(&list, forwarded));
    match (plain, standard) {
        (Some(plain), Some(standard)) if plain != standard => peer,
        (plain, standard) => plain.or(standard).unwrap_or(peer),
    }
}

/// The client's address as the access log has it.
pub fn shown(head: &RequestHead, state: Option<&web::Data<State>>) -> String {
    let trusted = state.map(|state| state.trusted_proxies.as_slice()).unwrap_or_default();
    let client = head.peer_addr.map(|peer| address(peer.ip(), &head.headers, trusted));
    client.map_or_else(|| "-".to_owned(), |client| client.to_string())
}

/// An address, which may have brackets and a port.
fn hop(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// The `for` of an element of Forwarded.
fn forwarded(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    hop(node.trim().trim_matches('"'))
}

/// Whether what a request carries crossed no network in the clear: it came over loopback, or a trusted proxy says that
/// it took HTTPS.
pub fn is_private(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> bool {
    let scheme = headers.get("x-forwarded-proto").and_then(|field| field.to_str().ok());
    match (peer.map(|peer| peer.to_canonical()), scheme) {
        // Without an address it came over a Unix socket or out of a test.
        (None, _) => true,
        (Some(peer), Some(scheme)) if is_trusted(peer, trusted) || peer.is_loopback() => {
            scheme.eq_ignore_ascii_case("https")
        }
        (Some(peer), None) => peer.is_loopback(),
        _ => false,
    }
}

/// The key that a request carries, RFC 6750.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}
