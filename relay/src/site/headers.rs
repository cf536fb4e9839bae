//! What every answer carries, and who else may read it.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ORIGIN,
            REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Everything from here and nothing from elsewhere. A recording is played back from a blob.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
    style-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// For all answers. One that is bound more closely already stays so.
pub(super) async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // The link to a report is the key to it.
    set(REFERRER_POLICY, "no-referrer");
    set(
        PERMISSIONS_POLICY,
        "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    );
    response
}

/// For the API: credentials and reports are kept by no cache.
pub(super) async fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Which foreign origin may use the API: none, or one on this machine for tests.
#[derive(Clone, Debug)]
pub(super) struct Cors(Option<Uri>);

impl Cors {
    /// Anything but a loopback origin counts as none.
    pub(super) fn new(origin: Option<&str>) -> Self {
        let origin = origin.and_then(|origin| origin.parse::<Uri>().ok());
        Self(origin.filter(|origin| origin.scheme().is_some() && is_loopback(origin)))
    }

    fn allows(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let allowed = self.0.as_ref()?;
        let given = headers.get(ORIGIN)?;
        let origin = given.to_str().ok()?.parse::<Uri>().ok()?;
        let fits = origin.scheme() == allowed.scheme()
            && origin.host() == allowed.host()
            && (allowed.port_u16().is_none() || allowed.port_u16() == origin.port_u16());
        fits.then(|| given.clone())
    }
}

fn is_loopback(origin: &Uri) -> bool {
    matches!(origin.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// Lets the allowed origin in, and answers its preflight requests.
pub(super) async fn cors(State(cors): State<Cors>, request: Request, next: Next) -> Response {
    let Some(origin) = cors.allows(request.headers()) else {
        return next.run(request).await;
    };
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("origin"));
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE");
    set(ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type");
    response
}
