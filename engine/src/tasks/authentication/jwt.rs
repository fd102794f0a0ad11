//! JSON Web Tokens, as far as a client needs them: the assertion that proves who it is
//! (RFC 7523), and a look into what a server gave.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flowdbg_lang::value::{self, Value, ValueExt as _};
use hmac::{Hmac, KeyInit as _, Mac as _};

/// The claims of a token; none if it is not a JWT.
pub(super) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims = value::parse_json(std::str::from_utf8(&payload).ok()?).ok()?;
    matches!(claims, Value::Obj(_)).then_some(claims)
}

/// A token with these claims, signed with a secret (HS256).
pub(super) fn sign(claims: &Value, secret: &str) -> Option<String> {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), URL_SAFE_NO_PAD.encode(claims.to_json()));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_signed_and_read() {
        // The header, payload and secret of the introduction at jwt.io, whose signature is well known.
        let payload = value::parse_json(r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#).expect("json");
        let token = sign(&payload, "your-256-bit-secret").expect("a token");
        assert_eq!(token.rsplit('.').next(), Some("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"));
        assert_eq!(claims(&token), Some(payload));
        assert_eq!(["opaque", "a.b", "a.b.c", "a.e30.c.d"].map(claims), [None, None, None, None]);
    }
}
