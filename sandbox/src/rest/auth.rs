//! Who is asking: an app by its JSON web token, or an installation by its token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::Value;

use crate::Refused;
use crate::model::{Token, World};

/// Clocks may differ by this much.
const ALLOWANCE: TimeDelta = TimeDelta::seconds(60);

/// Who sent a request.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    Nobody,
    App(u64),
    Installation(Token),
}

impl Caller {
    /// For the recorder.
    pub(crate) fn name(&self, world: &World) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::App(id) => {
                let slug = world.apps.get(id).map(|app| app.slug.clone());
                format!("app:{}", slug.unwrap_or_default())
            }
            Self::Installation(token) => format!("installation:{}", token.installation),
        }
    }

    /// Whose hour of requests is spent.
    pub(crate) fn purse(&self) -> String {
        match self {
            Self::Nobody => "nobody".to_owned(),
            Self::App(id) => format!("app {id}"),
            Self::Installation(token) => format!("installation {}", token.installation),
        }
    }
}

/// Reads the `Authorization` header.
pub(crate) fn caller(world: &World, headers: &HeaderMap) -> Result<Caller, Refused> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(Caller::Nobody);
    };
    let text = header.to_str().map_err(|_| Refused::bad_credentials())?;
    let (scheme, value) = text.split_once(' ').ok_or_else(Refused::bad_credentials)?;
    let value = value.trim();
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
        return Err(Refused::bad_credentials());
    }
    if let Some(token) = installation_token(world, value) {
        return Ok(Caller::Installation(token));
    }
    if value.split('.').count() == 3 {
        return app_of_jwt(world, value).map(Caller::App);
    }
    Err(Refused::bad_credentials())
}

/// A token that is known and has not run out.
pub(crate) fn installation_token(world: &World, value: &str) -> Option<Token> {
    let token = world.tokens.get(value)?;
    (token.expires_at > world.now).then(|| token.clone())
}

fn claim(claims: &Value, name: &str) -> Option<DateTime<Utc>> {
    #[expect(clippy::cast_possible_truncation, reason = "fractions of a second do not matter here")]
    let seconds = claims[name].as_i64().or_else(|| claims[name].as_f64().map(|value| value as i64))?;
    DateTime::from_timestamp(seconds, 0)
}

/// The app that signed a JSON web token; in GitHub's words why not.
fn app_of_jwt(world: &World, jwt: &str) -> Result<u64, Refused> {
    let undecodable = || Refused::new(401, "A JSON web token could not be decoded");
    let (signed, signature) = jwt.rsplit_once('.').ok_or_else(undecodable)?;
    let (header, claims) = signed.split_once('.').ok_or_else(undecodable)?;
    let json =
        |part: &str| -> Option<Value> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let header = json(header).ok_or_else(undecodable)?;
    let claims = json(claims).ok_or_else(undecodable)?;
    if header["alg"] != "RS256" {
        return Err(undecodable());
    }
    let issuer = claims["iss"].as_str().map(str::to_owned);
    let issuer = issuer.or_else(|| claims["iss"].as_u64().map(|id| id.to_string()));
    let issuer = issuer.ok_or_else(|| Refused::new(401, "'Issuer' claim ('iss') must be an Integer"))?;
    let app = world
        .apps
        .values()
        .find(|app| app.id.to_string() == issuer || app.client_id == issuer)
        .ok_or_else(|| Refused::new(404, "Integration not found"))?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| undecodable())?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &app.public_key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| undecodable())?;
    check_times(world.now, &claims)?;
    Ok(app.id)
}

fn check_times(now: DateTime<Utc>, claims: &Value) -> Result<(), Refused> {
    let issued = claim(claims, "iat")
        .ok_or_else(|| Refused::new(401, "Missing 'issued at' claim ('iat') in assertion"))?;
    let expires = claim(claims, "exp")
        .ok_or_else(|| Refused::new(401, "Missing 'expiration time' claim ('exp') in assertion"))?;
    if issued > now + ALLOWANCE {
        let sentence = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
        return Err(Refused::new(401, sentence));
    }
    if expires <= now - ALLOWANCE {
        let sentence = "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
        return Err(Refused::new(401, sentence));
    }
    if expires > now + TimeDelta::minutes(10) + ALLOWANCE {
        return Err(Refused::new(401, "'Expiration time' claim ('exp') is too far in the future"));
    }
    Ok(())
}
