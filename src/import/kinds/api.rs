//! API gateways, and what stands behind their routes.

use crate::import::draft::{Draft, Made};
use crate::import::resource::{Resource, Stack, Value};
use crate::import::wiring::Wiring;

/// Makes a REST API.
pub(super) fn rest(draft: &mut Draft<'_>) -> Made {
    draft.put("type", "\"rest\"", &draft.resource.properties);
    let stages = ["AWS::ApiGateway::Stage", "aws_api_gateway_method_settings"];
    let stages = draft.stack.about(draft.resource, &stages, &["RestApiId"]);
    let own = std::iter::once(draft.resource);
    for stage in own.chain(stages) {
        let settings = stage.properties.first(&["MethodSettings", "settings"]);
        for one in settings.map_or(&[][..], Value::entries) {
            let path = one
                .text_of(&["ResourcePath"])
                .or(stage.properties.text_of(&["MethodPath"]));
            if path.is_none_or(|path| matches!(path, "/*" | "*/*")) {
                throttle(draft, one);
            }
        }
    }
    Ok(Some("api-gateway"))
}

/// Makes an HTTP or WebSocket API.
pub(super) fn http(draft: &mut Draft<'_>) -> Made {
    draft.word(
        "type",
        &["ProtocolType"],
        &[("HTTP", "http"), ("WEBSOCKET", "websocket")],
    );
    draft_type(draft);
    let stages = ["AWS::ApiGatewayV2::Stage", "aws_apigatewayv2_stage"];
    let stages = draft.stack.about(draft.resource, &stages, &["ApiId"]);
    let own = std::iter::once(draft.resource);
    for stage in own.chain(stages) {
        if let Some(settings) = stage.properties.first(&["DefaultRouteSettings"]) {
            throttle(draft, settings);
        }
    }
    Ok(Some("api-gateway"))
}

/// Writes the type of an API that does not say it.
fn draft_type(draft: &mut Draft<'_>) {
    if draft.value(&["ProtocolType"]).is_none() {
        draft.put("type", "\"http\"", &draft.resource.properties);
    }
}

/// Writes the rate that a stage admits.
fn throttle(draft: &mut Draft<'_>, settings: &Value) {
    let limits = [
        ("rate", "ThrottlingRateLimit", "/s"),
        ("burst", "ThrottlingBurstLimit", ""),
    ];
    for (key, name, unit) in limits {
        // A plan writes 0 and -1 for none.
        let value = settings
            .get(name)
            .filter(|value| value.number().is_none_or(|one| one > 0.0));
        if let Some(value) = value
            && let Some(number) = draft.number_in(name, value)
        {
            let json = if unit.is_empty() {
                format!("{number}")
            } else {
                format!("\"{number}{unit}\"")
            };
            draft.put(key, json, value);
        }
    }
}

/// Links an API to what its definition names.
pub(super) fn body(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(own) = wiring.own(resource) else {
        return;
    };
    let said = &resource.properties;
    if said.first(&["DefinitionUri", "BodyS3Location"]).is_some() {
        let text = format!(
            "the definition of `{}` lies in another file, which is not read",
            resource.id
        );
        wiring.said.note(&resource.place, text);
    }
    for target in wiring.at(said, &["Target"]) {
        wiring.route(
            own,
            target,
            "ANY default".to_owned(),
            &format!("target of {}", resource.id),
        );
    }
    let Some(body) = said.first(&["DefinitionBody", "Body"]) else {
        return;
    };
    let body = body.parsed();
    for (path, methods) in body.get("paths").map_or(&[][..], Value::members) {
        for (method, operation) in methods.members() {
            let integration = operation.members().iter();
            let integration =
                integration.filter(|(key, _)| key == "x-amazon-apigateway-integration");
            for (_, integration) in integration {
                let method = match method.as_str() {
                    "x-amazon-apigateway-any-method" => "ANY".to_owned(),
                    method => method.to_uppercase(),
                };
                let label = format!("{method} {path}");
                integrate(wiring, own, integration, label, &resource.id);
            }
        }
    }
}

/// Links an API to the integration of a method.
pub(super) fn method(resource: &Resource, wiring: &mut Wiring<'_>) {
    let Some(integration) = resource.properties.get("Integration") else {
        return;
    };
    linked(resource, integration, wiring);
}

/// Links an API to an integration of a plan.
pub(super) fn integration(resource: &Resource, wiring: &mut Wiring<'_>) {
    linked(resource, &resource.properties, wiring);
}

/// Links the API of a method or an integration to what stands behind it.
fn linked(resource: &Resource, integration: &Value, wiring: &mut Wiring<'_>) {
    let said = &resource.properties;
    let method = said
        .text_of(&["HttpMethod"])
        .unwrap_or("ANY")
        .to_uppercase();
    let path = said
        .first(&["ResourceId"])
        .map_or("/".to_owned(), |value| path_of(wiring.stack, value));
    for api in wiring.at(said, &["RestApiId", "rest_api_id"]) {
        integrate(
            wiring,
            api,
            integration,
            format!("{method} {path}"),
            &resource.id,
        );
    }
}

/// Returns the path of a resource of a REST API: its own part behind its parents'.
fn path_of(stack: &Stack, value: &Value) -> String {
    // No API is deeper, and a circle would have no end.
    const DEEPEST: usize = 30;
    let mut parts = Vec::new();
    let mut at = stack.named(value);
    while let Some(resource) = at.first().filter(|_| parts.len() < DEEPEST) {
        let Some(part) = resource.properties.text_of(&["PathPart"]) else {
            break;
        };
        parts.push(part.to_owned());
        at = resource
            .properties
            .first(&["ParentId"])
            .map_or(Vec::new(), |parent| stack.named(parent));
    }
    parts.reverse();
    format!("/{}", parts.join("/"))
}

/// Links an API to what an integration names.
fn integrate(wiring: &mut Wiring<'_>, api: usize, said: &Value, label: String, id: &str) {
    let mock = said
        .text_of(&["Type"])
        .is_some_and(|text| text.eq_ignore_ascii_case("mock"));
    if mock {
        return;
    }
    let evidence = format!("integration of {id}");
    let mut targets = wiring.at(said, &["Uri", "IntegrationUri"]);
    targets.retain(|target| *target != api);
    if targets.is_empty() {
        targets = wiring.nodes(said);
        targets.retain(|target| *target != api);
    }
    if targets.is_empty() {
        return wiring.elsewhere(api, label, &evidence);
    }
    for target in targets {
        wiring.route(api, target, label.clone(), &evidence);
    }
}

/// Links an API to what a route of it leads to.
pub(super) fn route(resource: &Resource, wiring: &mut Wiring<'_>) {
    let said = &resource.properties;
    let key = said.text_of(&["RouteKey"]).unwrap_or("$default");
    let label = if key.starts_with('$') {
        format!("ANY {key}")
    } else {
        key.to_owned()
    };
    let evidence = format!("route {}", resource.id);
    let mut targets = wiring.at(said, &["Target"]);
    for api in wiring.at(said, &["ApiId"]) {
        targets.retain(|target| *target != api);
        if targets.is_empty() {
            wiring.elsewhere(api, label.clone(), &evidence);
        }
        for target in &targets {
            wiring.route(api, *target, label.clone(), &evidence);
        }
    }
}
