//! Ways to authenticate at a service.

use super::{Choices, Component, Object, Others, Rule, Shape, choice, only, optional, required};

const INLINE_OR_SECRET_BASIC: Shape = Shape::OneOf(&[Shape::Object(&BASIC), Shape::Object(&SECRET)]);
const INLINE_OR_SECRET_BEARER: Shape = Shape::OneOf(&[Shape::Object(&BEARER), Shape::Object(&SECRET)]);
const INLINE_OR_SECRET_DIGEST: Shape = Shape::OneOf(&[Shape::Object(&DIGEST), Shape::Object(&SECRET)]);
const INLINE_OR_SECRET_OAUTH2: Shape = Shape::OneOf(&[Shape::Object(&OAUTH2), Shape::Object(&SECRET)]);
const INLINE_OR_SECRET_OIDC: Shape = Shape::OneOf(&[Shape::Object(&OIDC), Shape::Object(&SECRET)]);

/// A policy where it is used: defined there, or named.
pub(super) static AUTHENTICATION_USE: Object = Object::new(
    "authentication",
    "How to authenticate: one of the schemes, or the name of an entry of `use.authentications`.",
    "DSL Reference: Authentication",
    &[
        optional("use", Shape::Component(Component::Authentication), "The name of an entry of `use.authentications`."),
        optional("basic", INLINE_OR_SECRET_BASIC, "A user name and a password in each request."),
        optional("bearer", INLINE_OR_SECRET_BEARER, "A token in each request."),
        optional("digest", INLINE_OR_SECRET_DIGEST, "A user name and a password that is never sent itself."),
        optional("oauth2", INLINE_OR_SECRET_OAUTH2, "A token got from an OAuth 2 server."),
        optional("oidc", INLINE_OR_SECRET_OIDC, "A token got from an OpenID Connect server."),
    ],
)
.rules(&[Rule::ExactlyOne(&["use", "basic", "bearer", "digest", "oauth2", "oidc"])]);

/// A policy where it is defined.
pub(super) static AUTHENTICATION: Object = Object::new(
    "authentication",
    "How to authenticate: one of the schemes.",
    "DSL Reference: Authentication",
    &[
        optional("basic", INLINE_OR_SECRET_BASIC, "A user name and a password in each request."),
        optional("bearer", INLINE_OR_SECRET_BEARER, "A token in each request."),
        optional("digest", INLINE_OR_SECRET_DIGEST, "A user name and a password that is never sent itself."),
        optional("oauth2", INLINE_OR_SECRET_OAUTH2, "A token got from an OAuth 2 server."),
        optional("oidc", INLINE_OR_SECRET_OIDC, "A token got from an OpenID Connect server."),
    ],
)
.others(Others::Ignored)
.rules(&[Rule::ExactlyOne(&["basic", "bearer", "digest", "oauth2", "oidc"])]);

static SECRET: Object = Object::new(
    "secret reference",
    "Takes the scheme's values from a secret.",
    "DSL Reference: Authentication",
    &[required("use", Shape::Component(Component::Secret), "The name of the secret.")],
);

static BASIC: Object = Object::new(
    "basic authentication",
    "A user name and a password in each request.",
    "DSL Reference: Basic Authentication",
    &[required("username", Shape::Text, "The user name."), required("password", Shape::Text, "The password.")],
);

static BEARER: Object = Object::new(
    "bearer authentication",
    "A token in each request.",
    "DSL Reference: Bearer Authentication",
    &[required("token", Shape::Text, "The token.")],
);

static DIGEST: Object = Object::new(
    "digest authentication",
    "A user name and a password that is never sent itself.",
    "DSL Reference: Digest Authentication",
    &[required("username", Shape::Text, "The user name."), required("password", Shape::Text, "The password.")],
);

macro_rules! oauth_properties {
    ($($more:expr)?) => {
        &[
            required("authority", Shape::Uri, "The address of the server that gives tokens.").main(),
            required("grant", Shape::Choice(&GRANTS), "How a token is asked for.").main(),
            $($more,)?
            optional("client", Shape::Object(&CLIENT), "Who asks for the token."),
            optional("request", Shape::Object(&TOKEN_REQUEST), "How the request for a token is written."),
            optional("issuers", Shape::List(&Shape::Text), "The issuers that are accepted in a token."),
            optional("scopes", Shape::List(&Shape::Text), "The scopes to ask for."),
            optional("audiences", Shape::List(&Shape::Text), "The audiences to ask for."),
            optional("username", Shape::Text, "The user name, for the `password` grant."),
            optional("password", Shape::Text, "The password, for the `password` grant."),
            optional("subject", Shape::Object(&TOKEN), "The token of the party on whose behalf the request is made."),
            optional("actor", Shape::Object(&TOKEN), "The token of the party that acts."),
        ]
    };
}

static OAUTH2: Object = Object::new(
    "OAuth 2 authentication",
    "A token got from an OAuth 2 server.",
    "DSL Reference: OAuth2 Authentication",
    oauth_properties!(optional("endpoints", Shape::Object(&ENDPOINTS), "Paths of the server's services.")),
);

static OIDC: Object = Object::new(
    "OpenID Connect authentication",
    "A token got from an OpenID Connect server; its services are discovered.",
    "DSL Reference: OpenIdConnect Authentication",
    oauth_properties!(),
);

static GRANTS: Choices = only(&[
    choice("authorization_code", "Exchanges a code that a person's consent gave.")
        .not_yet("the grant `authorization_code`: it needs a person who consents in a browser, which an execution has not"),
    choice("client_credentials", "The client asks for itself."),
    choice("password", "The client hands over a person's name and password."),
    choice("refresh_token", "Renews a token."),
    choice("urn:ietf:params:oauth:grant-type:token-exchange", "Exchanges one token for another."),
]);

static ENDPOINTS: Object = Object::new(
    "OAuth 2 endpoints",
    "Paths of the server's services.",
    "DSL Reference: OAuth2 Authentication",
    &[
        optional("token", Shape::Text, "The path that gives tokens.").default("/oauth2/token"),
        optional("revocation", Shape::Text, "The path that revokes tokens.").default("/oauth2/revoke"),
        optional("introspection", Shape::Text, "The path that tells about tokens.").default("/oauth2/introspect"),
    ],
)
.others(Others::Ignored);

static CLIENT: Object = Object::new(
    "OAuth 2 client",
    "Who asks for the token.",
    "DSL Reference: OAuth2 Client",
    &[
        optional("id", Shape::Text, "The client's id."),
        optional("secret", Shape::Text, "The client's secret."),
        optional("assertion", Shape::Text, "A signed JWT that proves who the client is."),
        optional("authentication", Shape::Choice(&CLIENT_AUTHENTICATIONS), "How the client proves who it is.")
            .default("client_secret_post"),
    ],
);

static CLIENT_AUTHENTICATIONS: Choices = only(&[
    choice("client_secret_basic", "The secret in the Authorization header."),
    choice("client_secret_post", "The secret in the body."),
    choice("client_secret_jwt", "A JWT signed with the secret."),
    choice("private_key_jwt", "A JWT signed with a private key."),
    choice("none", "No proof."),
]);

static TOKEN_REQUEST: Object = Object::new(
    "token request",
    "How the request for a token is written.",
    "DSL Reference: OAuth2 Token Request",
    &[optional("encoding", Shape::Choice(&ENCODINGS), "The media type of the request.").default("application/x-www-form-urlencoded")],
)
.others(Others::Ignored);

static ENCODINGS: Choices = only(&[choice("application/x-www-form-urlencoded", "As a form."), choice("application/json", "As JSON.")]);

static TOKEN: Object = Object::new(
    "OAuth 2 token",
    "A token that is handed over.",
    "DSL Reference: OAuth2 Token",
    &[required("token", Shape::Text, "The token."), required("type", Shape::Text, "The token's type.")],
);
