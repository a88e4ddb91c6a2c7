//! Users and groups in memory behind SCIM 2.0 (RFC 7644), as much as a resource server asks for, with
//! a switch for each way in which it fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::RwLock;
use uuid::Uuid;

use super::issuer::is_resource_server;

const SHORTEST_PASSWORD: usize = 8;

pub struct Scim {
    records: Mutex<HashMap<&'static str, Vec<Value>>>,
    requests: AtomicUsize,
    status: AtomicUsize,
    read_only: AtomicUsize,
    terse: AtomicBool,
    /// Whoever holds this for writing keeps answers to readers back.
    pub gate: RwLock<()>,
}

type Shared = State<Arc<Scim>>;
type Parameters = Query<HashMap<String, String>>;

impl Default for Scim {
    fn default() -> Self {
        Self {
            records: Mutex::default(),
            requests: AtomicUsize::default(),
            status: AtomicUsize::new(200),
            read_only: AtomicUsize::default(),
            terse: AtomicBool::default(),
            gate: RwLock::default(),
        }
    }
}

impl Scim {
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/scim/v2/{kind}", get(list).post(create))
            .route("/scim/v2/{kind}/{id}", get(read).patch(patch).delete(delete))
            .layer(from_fn_with_state(Arc::clone(self), admit))
            .with_state(Arc::clone(self))
    }

    /// Somebody who was there before.
    pub fn has_user(&self, id: Uuid, email: &str, name: &str) {
        self.kept(
            "Users",
            json!({ "id": id, "userName": email, "displayName": name, "active": true }),
        );
    }

    /// A group that was there before.
    pub fn has_group(&self, name: &str, members: &[Uuid]) -> Uuid {
        let id = Uuid::new_v4();
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        self.kept(
            "Groups",
            json!({ "id": id, "displayName": name, "members": members }),
        );
        id
    }

    /// A user or group as it is stored.
    pub fn record(&self, kind: &str, id: Uuid) -> Option<Value> {
        let records = self.records.lock().unwrap();
        records
            .get(kind)?
            .iter()
            .find(|record| record["id"] == json!(id))
            .cloned()
    }

    /// Changes a user or group behind everybody's back.
    pub fn rename(&self, kind: &str, id: Uuid, name: &str) {
        let mut records = self.records.lock().unwrap();
        let found = records.get_mut(kind).unwrap().iter_mut();
        for record in found.filter(|record| record["id"] == json!(id)) {
            record["displayName"] = name.into();
        }
    }

    /// How often it was asked.
    pub fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    /// What it answers with; 0 takes the question and never answers.
    pub fn set_status(&self, status: usize) {
        self.status.store(status, SeqCst);
    }

    /// From now on writes are refused with this.
    pub fn set_read_only(&self, status: usize) {
        self.read_only.store(status, SeqCst);
    }

    /// Changes are answered without the resource.
    pub fn set_terse(&self) {
        self.terse.store(true, SeqCst);
    }

    fn kept(&self, kind: &str, record: Value) {
        self.records
            .lock()
            .unwrap()
            .entry(known(kind))
            .or_default()
            .push(record);
    }
}

fn known(kind: &str) -> &'static str {
    match kind {
        "Users" => "Users",
        "Groups" => "Groups",
        other => panic!("{other}"),
    }
}

async fn admit(State(scim): Shared, request: Request, next: Next) -> Response {
    scim.requests.fetch_add(1, SeqCst);
    if !is_resource_server(request.headers()) {
        return refusal(401, "No such client.");
    }
    match scim.status.load(SeqCst) {
        200 => {}
        0 => std::future::pending().await,
        status => {
            let mut refused = refusal(status, "No.");
            refused
                .headers_mut()
                .insert(header::RETRY_AFTER, "7".parse().unwrap());
            return refused;
        }
    }
    if request.method() == Method::GET {
        let answer = next.run(request).await;
        drop(scim.gate.read().await);
        return answer;
    }
    let read_only = scim.read_only.load(SeqCst);
    if read_only > 0 {
        return refusal(read_only, "Users and groups come from LDAP.");
    }
    let has_type = request.headers().get(header::CONTENT_TYPE);
    if request.method() != Method::DELETE && has_type.is_none_or(|kind| kind != "application/scim+json") {
        return refusal(415, "Not SCIM.");
    }
    next.run(request).await
}

fn refusal(status: usize, detail: &str) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(), "detail": detail,
    });
    let status = StatusCode::from_u16(u16::try_from(status).unwrap()).unwrap();
    (status, Json(body)).into_response()
}

/// A record as it is answered: without what is asked not to be there, and never with a password.
fn shown(kind: &str, record: &Value, parameters: &HashMap<String, String>) -> Value {
    let mut shown = record.clone();
    let members = shown.as_object_mut().unwrap();
    members.remove("password");
    if parameters
        .get("excludedAttributes")
        .is_some_and(|list| list == "members")
    {
        members.remove("members");
    }
    if kind == "Users" {
        shown["emails"] = json!([{ "value": record["userName"], "primary": true }]);
    }
    shown
}

async fn list(State(scim): Shared, Path(kind): Path<String>, Query(parameters): Parameters) -> Response {
    let records = scim.records.lock().unwrap();
    let groups = records.get("Groups").map_or(&[][..], Vec::as_slice);
    let filter = parameters.get("filter");
    let found: Vec<&Value> = records
        .get(known(&kind))
        .into_iter()
        .flatten()
        .filter(|record| filter.is_none_or(|filter| matches(filter, record, groups)))
        .collect();
    let number =
        |name: &str, default: usize| parameters.get(name).map_or(default, |text| text.parse().unwrap());
    let page: Vec<_> = found
        .iter()
        .skip(number("startIndex", 1) - 1)
        .take(number("count", 100))
        .map(|record| shown(&kind, record, &parameters))
        .collect();
    let mut answer = json!({ "totalResults": found.len(), "itemsPerPage": page.len() });
    if !page.is_empty() {
        answer["Resources"] = page.into();
    }
    Json(answer).into_response()
}

/// `attribute op "text"`, joined by `and` or by `or`.
fn matches(filter: &str, record: &Value, groups: &[Value]) -> bool {
    let has = |group: &Value, member: &Value| {
        group["members"]
            .as_array()
            .unwrap()
            .iter()
            .any(|known| known["value"] == *member)
    };
    let mut rest = filter;
    let (mut holding, mut is_any) = (Vec::new(), false);
    loop {
        let (attribute, operator_on) = rest.split_once(' ').unwrap();
        let (operator, value_on) = operator_on.split_once(' ').unwrap();
        let mut values = serde_json::Deserializer::from_str(value_on).into_iter::<String>();
        let wanted = values.next().unwrap().unwrap();
        let after = &value_on[values.byte_offset()..];
        let holds = match (attribute, operator) {
            ("members.value", "eq") => has(record, &wanted.into()),
            ("groups.value", "eq") => groups
                .iter()
                .any(|group| group["id"] == wanted.as_str() && has(group, &record["id"])),
            (_, "eq") => record[attribute] == wanted.as_str(),
            (_, "co") => record[attribute]
                .as_str()
                .unwrap()
                .to_lowercase()
                .contains(&wanted.to_lowercase()),
            other => panic!("{other:?}"),
        };
        holding.push(holds);
        if let Some(next) = after.strip_prefix(" or ") {
            (rest, is_any) = (next, true);
        } else if let Some(next) = after.strip_prefix(" and ") {
            rest = next;
        } else {
            assert!(after.is_empty(), "{filter}");
            return holding.contains(&is_any) == is_any;
        }
    }
}

async fn read(
    State(scim): Shared,
    Path((kind, id)): Path<(String, Uuid)>,
    Query(parameters): Parameters,
) -> Response {
    match scim.record(&kind, id) {
        Some(record) => Json(shown(&kind, &record, &parameters)).into_response(),
        None => refusal(404, "No such resource."),
    }
}

fn problem(records: &[Value], kind: &str, record: &Value) -> Option<Response> {
    let name = if kind == "Users" {
        "userName"
    } else {
        "displayName"
    };
    if records
        .iter()
        .any(|other| other["id"] != record["id"] && other[name] == record[name])
    {
        return Some(refusal(409, "Taken."));
    }
    let password = record["password"].as_str();
    password
        .is_some_and(|password| password.len() < SHORTEST_PASSWORD)
        .then(|| refusal(400, "The password is too short."))
}

async fn create(State(scim): Shared, Path(kind): Path<String>, Json(mut record): Json<Value>) -> Response {
    record["id"] = json!(Uuid::new_v4());
    if record["displayName"].is_null() {
        record["displayName"] = record["userName"].as_str().unwrap().split('@').next().into();
    }
    if kind == "Groups" {
        record["members"] = json!([]);
    }
    let mut records = scim.records.lock().unwrap();
    let records = records.entry(known(&kind)).or_default();
    if let Some(refused) = problem(records, &kind, &record) {
        return refused;
    }
    records.push(record.clone());
    let shown = shown(&kind, &record, &HashMap::new());
    (StatusCode::CREATED, Json(shown)).into_response()
}

async fn patch(
    State(scim): Shared,
    Path((kind, id)): Path<(String, Uuid)>,
    Query(parameters): Parameters,
    Json(body): Json<Value>,
) -> Response {
    let mut records = scim.records.lock().unwrap();
    let users = records.get("Users").cloned().unwrap_or_default();
    let records = records.entry(known(&kind)).or_default();
    let Some(at) = records.iter().position(|record| record["id"] == json!(id)) else {
        return refusal(404, "No such resource.");
    };
    let mut record = records[at].clone();
    for operation in body["Operations"].as_array().unwrap() {
        let (path, value) = (operation["path"].as_str().unwrap(), &operation["value"]);
        match (operation["op"].as_str().unwrap(), path) {
            ("replace", "userName" | "displayName" | "active") => record[path] = value.clone(),
            ("add", "members") => {
                let member = &value[0];
                if !users.iter().any(|user| user["id"] == member["value"]) {
                    return refusal(400, "No such user.");
                }
                let members = record["members"].as_array_mut().unwrap();
                members.retain(|known| known["value"] != member["value"]);
                members.push(member.clone());
            }
            ("remove", path) => {
                let gone = path.strip_prefix("members[value eq \"").unwrap();
                let gone = gone.strip_suffix("\"]").unwrap();
                let members = record["members"].as_array_mut().unwrap();
                members.retain(|known| known["value"] != gone);
            }
            other => panic!("{other:?}"),
        }
    }
    if let Some(refused) = problem(records, &kind, &record) {
        return refused;
    }
    records[at] = record.clone();
    if scim.terse.load(SeqCst) {
        return StatusCode::NO_CONTENT.into_response();
    }
    Json(shown(&kind, &record, &parameters)).into_response()
}

async fn delete(State(scim): Shared, Path((kind, id)): Path<(String, Uuid)>) -> Response {
    let mut records = scim.records.lock().unwrap();
    let records = records.entry(known(&kind)).or_default();
    let before = records.len();
    records.retain(|record| record["id"] != json!(id));
    if records.len() == before {
        return refusal(404, "No such resource.");
    }
    StatusCode::NO_CONTENT.into_response()
}
