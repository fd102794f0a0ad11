//! Digest access authentication (RFC 7616): the password never leaves the machine. MD5, SHA-256
//! and SHA-512-256, with sessions or without, and the qualities `auth` and `auth-int`.

use sha2::Digest as _;

use super::{Policy, Refused};
use crate::{
    effect::HttpRequest,
    fault::{Fault, Kind},
    machine::Machine,
};

/// What a server wants, and how often it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Whether the server named the algorithm; only then it is named to it.
    named: bool,
    quality: Option<Quality>,
    user_hash: bool,
    /// How many requests have used the nonce.
    count: u32,
    /// The client's own nonce for a session.
    session: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Algorithm {
    hash: Hash,
    session: bool,
}

/// In the order of their strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha512_256,
    Sha256,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    Auth,
    AuthInt,
}

impl Algorithm {
    fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let (base, session) = name.strip_suffix("-SESS").map_or((name.as_str(), false), |base| (base, true));
        let hash = match base {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            "SHA-512-256" => Hash::Sha512_256,
            _ => return None,
        };
        Some(Self { hash, session })
    }

    fn name(self) -> &'static str {
        match (self.hash, self.session) {
            (Hash::Md5, false) => "MD5",
            (Hash::Md5, true) => "MD5-sess",
            (Hash::Sha256, false) => "SHA-256",
            (Hash::Sha256, true) => "SHA-256-sess",
            (Hash::Sha512_256, false) => "SHA-512-256",
            (Hash::Sha512_256, true) => "SHA-512-256-sess",
        }
    }

    fn hash(self, data: &[u8]) -> String {
        fn hex(bytes: &[u8]) -> String {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        match self.hash {
            Hash::Md5 => hex(&md5::Md5::digest(data)),
            Hash::Sha256 => hex(&sha2::Sha256::digest(data)),
            Hash::Sha512_256 => hex(&sha2::Sha512_256::digest(data)),
        }
    }
}

/// The header of a request, once the server's challenge is known.
pub(super) fn header(machine: &mut Machine, policy: &Policy, request: &HttpRequest) -> Result<Option<String>, Fault> {
    let (user, password) = (policy.text("username")?, policy.text("password")?);
    let Some(key) = key(policy, &request.url) else { return Ok(None) };
    let cnonce = format!("{:016x}", machine.random());
    let Some(challenge) = machine.credentials().challenges.get_mut(&key) else { return Ok(None) };
    challenge.count = challenge.count.saturating_add(1);
    Ok(Some(challenge.answer(&user, &password, request, &cnonce)))
}

/// Challenges are of a server, and of one user there.
fn key(policy: &Policy, url: &str) -> Option<std::sync::Arc<str>> {
    let origin = url::Url::parse(url).ok()?.origin().ascii_serialization();
    Some(policy.key(&origin))
}

/// A server refused a request and said what it wants.
pub(super) fn challenged(machine: &mut Machine, policy: &Policy, url: &str, challenges: &[String], again: bool) -> Result<Refused, Fault> {
    let offered: Vec<Vec<(String, String)>> = challenges.iter().flat_map(|text| offers(text)).collect();
    let known = key(policy, url).filter(|key| machine.credentials().challenges.contains_key(key));
    if let (Some(known), true) = (&known, again) {
        // The answer to its own challenge was wrong.
        machine.credentials().challenges.remove(known);
        return Ok(Refused::Finally);
    }
    let best = offered.iter().filter_map(|offer| Challenge::of(offer)).max_by_key(|challenge| challenge.algorithm.hash);
    match (best, key(policy, url)) {
        (Some(challenge), Some(key)) => {
            machine.credentials().challenges.insert(key, challenge);
            Ok(Refused::Again)
        }
        _ if challenges.is_empty() => Err(Fault::new(
            Kind::Authentication,
            format!("{url} refused the call without a `WWW-Authenticate` header that says how to answer"),
        )),
        _ => Err(Fault::new(
            Kind::Authentication,
            format!("{url} offers no digest that is understood (MD5, SHA-256, SHA-512-256): {}", challenges.join(", ")),
        )),
    }
}

impl Challenge {
    fn of(offer: &[(String, String)]) -> Option<Self> {
        let find = |key: &str| offer.iter().find(|(name, _)| name == key).map(|(_, text)| text.clone());
        let algorithm = find("algorithm");
        let qualities = find("qop");
        let quality = match &qualities {
            None => None,
            Some(list) => {
                let has = |name: &str| list.split(',').any(|quality| quality.trim().eq_ignore_ascii_case(name));
                Some(if has("auth") {
                    Quality::Auth
                } else if has("auth-int") {
                    Quality::AuthInt
                } else {
                    return None;
                })
            }
        };
        Some(Self {
            realm: find("realm")?,
            nonce: find("nonce")?,
            opaque: find("opaque"),
            named: algorithm.is_some(),
            algorithm: Algorithm::of(algorithm.as_deref().unwrap_or("MD5"))?,
            quality,
            user_hash: find("userhash").is_some_and(|text| text.eq_ignore_ascii_case("true")),
            count: 0,
            session: None,
        })
    }

    /// The value of the header (RFC 7616, 3.4).
    fn answer(&mut self, user: &str, password: &str, request: &HttpRequest, cnonce: &str) -> String {
        let algorithm = self.algorithm;
        let hash = |text: &str| algorithm.hash(text.as_bytes());
        let uri = target(&request.url);
        let count = format!("{:08x}", self.count);
        let mut secret = hash(&format!("{user}:{}:{password}", self.realm));
        // A session's key is made once for each nonce of the server.
        let cnonce = if algorithm.session { self.session.get_or_insert_with(|| cnonce.to_owned()).clone() } else { cnonce.to_owned() };
        if algorithm.session {
            secret = hash(&format!("{secret}:{}:{cnonce}", self.nonce));
        }
        let asked = match self.quality {
            Some(Quality::AuthInt) => {
                format!("{}:{uri}:{}", request.method, algorithm.hash(request.body.as_deref().unwrap_or_default()))
            }
            Some(Quality::Auth) | None => format!("{}:{uri}", request.method),
        };
        let quality = self.quality.map(|quality| match quality {
            Quality::Auth => "auth",
            Quality::AuthInt => "auth-int",
        });
        let response = match quality {
            Some(quality) => hash(&format!("{secret}:{}:{count}:{cnonce}:{quality}:{}", self.nonce, hash(&asked))),
            None => hash(&format!("{secret}:{}:{}", self.nonce, hash(&asked))),
        };
        let name = if self.user_hash { hash(&format!("{user}:{}", self.realm)) } else { user.to_owned() };
        let mut header = format!("Digest {}, realm={}, nonce={}", username(&name), quoted(&self.realm), quoted(&self.nonce));
        header.push_str(&format!(", uri={}, response=\"{response}\"", quoted(&uri)));
        if self.named {
            header.push_str(&format!(", algorithm={}", algorithm.name()));
        }
        if let Some(quality) = quality {
            header.push_str(&format!(", qop={quality}, nc={count}, cnonce=\"{cnonce}\""));
        } else if algorithm.session {
            header.push_str(&format!(", cnonce=\"{cnonce}\""));
        }
        if let Some(opaque) = &self.opaque {
            header.push_str(&format!(", opaque={}", quoted(opaque)));
        }
        if self.user_hash {
            header.push_str(", userhash=true");
        }
        header
    }
}

/// The target of a request as its first line has it.
fn target(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| "/".to_owned(), |url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A name outside ASCII has a notation of its own (RFC 8187).
fn username(name: &str) -> String {
    if name.is_ascii() { format!("username={}", quoted(name)) } else { format!("username*=UTF-8''{}", super::super::percent(name)) }
}

/// The digest challenges of a `WWW-Authenticate` header: parameters, their names in lower case. A
/// header may hold several challenges, also of other schemes.
fn offers(header: &str) -> Vec<Vec<(String, String)>> {
    let mut found: Vec<Vec<(String, String)>> = Vec::new();
    let mut in_digest = false;
    let mut rest = header;
    while let Some(at) = rest.find(|c: char| !c.is_whitespace() && c != ',') {
        rest = &rest[at..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | ',')).unwrap_or(rest.len());
        if end == 0 {
            rest = &rest[1..];
            continue;
        }
        let (name, after) = rest.split_at(end);
        match after.trim_start().strip_prefix('=').map(str::trim_start) {
            Some(text) => {
                let (text, after) = parameter(text);
                if let (true, Some(offer)) = (in_digest, found.last_mut()) {
                    offer.push((name.to_ascii_lowercase(), text));
                }
                rest = after;
            }
            None => {
                in_digest = name.eq_ignore_ascii_case("digest");
                if in_digest {
                    found.push(Vec::new());
                }
                rest = after;
            }
        }
    }
    found
}

/// The value of a parameter, quoted or not, and what follows it.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let (mut plain, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '"' if !escaped => return (plain, &quoted[at + 1..]),
            c => plain.push(c),
        }
        escaped = false;
    }
    (plain, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str) -> HttpRequest {
        HttpRequest { method: "GET".into(), url: url.into(), headers: Vec::new(), body: None }
    }

    /// The examples of RFC 7616, 3.9.1 and 3.9.2.
    #[test]
    fn the_examples_of_the_standard_come_out() {
        let header = "Basic realm=\"x, y\", Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", \
            Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=MD5, \
            nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
        let offers = offers(header);
        assert_eq!(offers.len(), 2);
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        for (offer, expected) in
            offers.iter().zip(["753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", "8ca523f5e9506fed4657c9700eebdbec"])
        {
            let mut challenge = Challenge::of(offer).expect("a challenge");
            challenge.count = 1;
            let answer = challenge.answer("Mufasa", "Circle of Life", &request("http://www.example.org/dir/index.html"), cnonce);
            assert!(answer.contains(&format!("response=\"{expected}\"")), "{answer}");
            assert!(answer.contains("qop=auth, nc=00000001") && answer.contains("uri=\"/dir/index.html\""), "{answer}");
        }
        let header = "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
            nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", \
            charset=UTF-8, userhash=true";
        let mut challenge = Challenge::of(&super::offers(header)[0]).expect("a challenge");
        challenge.count = 1;
        let answer = challenge.answer(
            "Jäsøn Doe",
            "Secret, or not?",
            &request("http://api.example.org/doe.json"),
            "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
        );
        assert!(answer.starts_with("Digest username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""), "{answer}");
        // The hashed name is that of the standard's errata, the response what Python's hashlib makes of the example.
        assert!(answer.contains("response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\""), "{answer}");
    }

    /// The example of RFC 2069 as its errata have it: no quality, no algorithm.
    #[test]
    fn old_servers_are_answered_as_they_know_it() {
        let header = "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let mut challenge = Challenge::of(&offers(header)[0]).expect("a challenge");
        let answer = challenge.answer("Mufasa", "CircleOfLife", &request("http://h/dir/index.html"), "x");
        assert!(answer.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{answer}");
        assert!(!answer.contains("qop") && !answer.contains("algorithm"), "{answer}");
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        let known = |header| offers(header).iter().filter_map(|offer| Challenge::of(offer)).count();
        assert_eq!(known("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1"), 0);
        assert_eq!(known("Digest realm=\"r\", nonce=\"n\", qop=\"other\""), 0);
        assert_eq!(known("Bearer realm=\"r\", nonce=\"n\""), 0);
        assert_eq!(known("Negotiate, Digest realm=\"a \\\"b\\\"\", nonce=\"n\", algorithm=MD5-sess"), 1);
        assert_eq!(known("=, ,\"Digest"), 0);
    }
}
