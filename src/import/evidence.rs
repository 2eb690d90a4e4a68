//! What programs use, as their environment and their permissions show it.
//!
//! A policy that names a resource says whether it is read or written. A variable that names one says
//! only that it is used: it is then assumed to be read, or sent to, or called.
//!
//! Not here: what a policy allows on everything (`*`), which says nothing.

use super::resource::{Data, Resource, Value};
use super::wiring::Wiring;
use crate::component::Class;

/// What an action does to the resource that a statement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Reads,
    Writes,
    /// Gets messages from it.
    Consumes,
}

/// Actions by which the use of a kind is known.
const ACTIONS: &[(&str, &str, Does)] = &[
    ("dynamodb", "dynamodb:GetItem", Does::Reads),
    ("dynamodb", "dynamodb:BatchGetItem", Does::Reads),
    ("dynamodb", "dynamodb:Query", Does::Reads),
    ("dynamodb", "dynamodb:Scan", Does::Reads),
    ("dynamodb", "dynamodb:PutItem", Does::Writes),
    ("dynamodb", "dynamodb:UpdateItem", Does::Writes),
    ("dynamodb", "dynamodb:DeleteItem", Does::Writes),
    ("dynamodb", "dynamodb:BatchWriteItem", Does::Writes),
    ("sqs", "sqs:SendMessage", Does::Writes),
    ("sqs", "sqs:ReceiveMessage", Does::Consumes),
    ("sns", "sns:Publish", Does::Writes),
    ("kinesis", "kinesis:PutRecord", Does::Writes),
    ("kinesis", "kinesis:PutRecords", Does::Writes),
    ("kinesis", "kinesis:GetRecords", Does::Consumes),
    ("firehose", "firehose:PutRecord", Does::Writes),
    ("firehose", "firehose:PutRecordBatch", Does::Writes),
    ("eventbridge", "events:PutEvents", Does::Writes),
    ("step-functions", "states:StartExecution", Does::Writes),
    ("step-functions", "states:StartSyncExecution", Does::Writes),
    ("lambda", "lambda:InvokeFunction", Does::Writes),
    ("lambda", "lambda:InvokeFunctionUrl", Does::Writes),
    ("s3", "s3:GetObject", Does::Reads),
    ("s3", "s3:PutObject", Does::Writes),
    ("efs", "elasticfilesystem:ClientMount", Does::Reads),
    ("efs", "elasticfilesystem:ClientWrite", Does::Writes),
    ("opensearch", "es:ESHttpGet", Does::Reads),
    ("opensearch", "es:ESHttpPost", Does::Writes),
    ("opensearch", "es:ESHttpPut", Does::Writes),
    ("rds", "rds-db:connect", Does::Reads),
    ("aurora", "rds-db:connect", Does::Reads),
];

/// Policy templates of SAM: whether what their parameter names is read, and whether it is written.
///
/// SOURCE: SAM developer guide, policy template list. Recalled 2026-11.
const TEMPLATES: &[(&str, (bool, bool))] = &[
    ("DynamoDBCrudPolicy", (true, true)),
    ("DynamoDBReadPolicy", (true, false)),
    ("DynamoDBWritePolicy", (false, true)),
    ("EventBridgePutEventsPolicy", (false, true)),
    ("FirehoseCrudPolicy", (false, true)),
    ("FirehoseWritePolicy", (false, true)),
    ("KinesisCrudPolicy", (false, true)),
    ("LambdaInvokePolicy", (false, true)),
    ("S3CrudPolicy", (true, true)),
    ("S3FullAccessPolicy", (true, true)),
    ("S3ReadPolicy", (true, false)),
    ("S3WritePolicy", (false, true)),
    ("SNSCrudPolicy", (false, true)),
    ("SNSPublishMessagePolicy", (false, true)),
    ("SQSSendMessagePolicy", (false, true)),
    ("StepFunctionsExecutionPolicy", (false, true)),
];

/// Kinds whose name in a variable says that the program uses them.
const USED: &[&str] = &[
    "alb",
    "api-gateway",
    "aurora",
    "dynamodb",
    "efs",
    "elasticache-memcached",
    "elasticache-redis",
    "eventbridge",
    "firehose",
    "kinesis",
    "lambda",
    "nlb",
    "opensearch",
    "rds",
    "s3",
    "sns",
    "sqs",
    "step-functions",
];

/// Links programs to what they use: first what policies say, then what variables name.
pub(super) fn gather(wiring: &mut Wiring<'_>) {
    let stack = wiring.stack;
    let programs: Vec<(&Resource, usize)> = stack
        .resources
        .iter()
        .filter_map(|resource| Some((resource, wiring.own(resource)?)))
        .filter(|(_, node)| {
            let node = wiring.design.nodes.get(*node);
            // What a workflow calls stands in its definition.
            node.is_some_and(|node| {
                node.class() == Class::Programmable && node.kind != "step-functions"
            })
        })
        .collect();
    for (resource, node) in &programs {
        for (id, document) in documents(wiring, resource) {
            policy(wiring, *node, &document, &id);
        }
        if resource.type_name == "AWS::Serverless::Function" {
            for one in resource.properties.all(&["Policies"]) {
                templates(wiring, *node, one, &resource.id);
            }
        }
    }
    for (resource, node) in &programs {
        for (name, value) in variables(wiring, resource) {
            let evidence = format!("{name} of {}", resource.id);
            mentioned(wiring, *node, value, &evidence);
        }
    }
    assume(wiring);
}

/// Says of links that no policy explains what is assumed to be done over them.
fn assume(wiring: &mut Wiring<'_>) {
    let design = &mut *wiring.design;
    for link in &mut design.links {
        let class = |at: usize| design.nodes.get(at).map(|node| node.class());
        let known = link.access.reads || link.access.writes;
        if known || class(link.from) != Some(Class::Programmable) {
            continue;
        }
        let does = match class(link.to) {
            Some(Class::Store | Class::Cache | Class::Leaf) => "that it reads",
            Some(Class::Queue | Class::Log | Class::Topic) => "that it sends",
            Some(Class::Programmable | Class::Forwarding | Class::Limiter) | None => {
                "that it calls"
            }
        };
        link.evidence.push(format!("assumed: {does}"));
    }
}

/// Returns the variables of a program's environment.
fn variables<'a>(wiring: &Wiring<'a>, resource: &'a Resource) -> Vec<(String, &'a Value)> {
    let said = &resource.properties;
    let mut found = Vec::new();
    if let Some(variables) = said.first(&["Environment.Variables"]) {
        for (name, value) in variables.members() {
            found.push((format!("variable {name}"), value));
        }
        // A plan tells of some variables only that they are made from these resources.
        if variables.members().is_empty() || !variables.names.is_empty() {
            found.push(("environment".to_owned(), variables));
        }
    }
    for key in ["UserData", "user_data_base64"] {
        found.extend(said.get(key).map(|value| ("user data".to_owned(), value)));
    }
    let definitions = said.first(&[
        "TaskDefinition",
        "LaunchTemplate",
        "LaunchConfigurationName",
        "launch_configuration",
    ]);
    let definitions = definitions
        .map(|value| wiring.stack.named(value))
        .unwrap_or_default();
    for definition in definitions {
        let said = &definition.properties;
        for data in [
            said.first(&["LaunchTemplateData.UserData"]),
            said.get("UserData"),
        ] {
            found.extend(data.map(|value| (format!("user data of {}", definition.id), value)));
        }
        let Some(containers) = said.first(&["ContainerDefinitions"]) else {
            continue;
        };
        if !matches!(containers.data, Data::List(_)) {
            // A plan has them as a text of JSON, and tells what it is made from.
            found.push((format!("containers of {}", definition.id), containers));
            continue;
        }
        for container in containers.entries() {
            for one in container
                .all(&["Environment"])
                .iter()
                .chain(container.all(&["Secrets"]))
            {
                let name = one.text_of(&["Name"]).unwrap_or("without name");
                let value = one.first(&["Value", "ValueFrom"]);
                found.extend(value.map(|value| (format!("variable {name}"), value)));
            }
        }
    }
    found
}

/// Returns the documents of all policies of the roles that a program takes, with their ids.
fn documents(wiring: &Wiring<'_>, resource: &Resource) -> Vec<(String, Value)> {
    let stack = wiring.stack;
    let said = &resource.properties;
    let mut roles = Vec::new();
    let mut holders = vec![said];
    let parts = said.first(&[
        "TaskDefinition",
        "LaunchTemplate",
        "LaunchConfigurationName",
        "launch_configuration",
    ]);
    for part in parts.map(|value| stack.named(value)).unwrap_or_default() {
        holders.push(&part.properties);
    }
    for holder in holders {
        let paths = ["Role", "TaskRoleArn"];
        roles.extend(
            holder
                .first(&paths)
                .map(|value| stack.named(value))
                .unwrap_or_default(),
        );
        let profiles = [
            "IamInstanceProfile",
            "LaunchTemplateData.IamInstanceProfile",
        ];
        for profile in holder
            .first(&profiles)
            .map(|value| stack.named(value))
            .unwrap_or_default()
        {
            let inside = profile.properties.first(&["Roles", "Role"]);
            roles.extend(inside.map(|value| stack.named(value)).unwrap_or_default());
        }
    }
    let mut found = Vec::new();
    let mut add = |id: &str, value: Option<&Value>| {
        if let Some(value) = value {
            found.push((id.to_owned(), value.clone()));
        }
    };
    for role in roles {
        for inline in role.properties.all(&["Policies", "inline_policy"]) {
            add(&role.id, inline.first(&["PolicyDocument", "Policy"]));
        }
        let types = [
            "AWS::IAM::Policy",
            "AWS::IAM::RolePolicy",
            "AWS::IAM::ManagedPolicy",
            "aws_iam_role_policy",
        ];
        for one in stack.about(role, &types, &["Roles", "RoleName", "Role"]) {
            add(&one.id, one.properties.first(&["PolicyDocument", "Policy"]));
        }
        let attached = [
            "aws_iam_role_policy_attachment",
            "aws_iam_policy_attachment",
        ];
        let attachments = stack.about(role, &attached, &["Role", "Roles"]);
        let arns = attachments
            .iter()
            .filter_map(|one| one.properties.get("PolicyArn"));
        let arns = arns.chain(role.properties.get("ManagedPolicyArns"));
        for one in arns.flat_map(|value| stack.named(value)) {
            add(&one.id, one.properties.first(&["PolicyDocument", "Policy"]));
        }
    }
    found
}

/// Links a program to what the statements of a policy name.
fn policy(wiring: &mut Wiring<'_>, program: usize, document: &Value, id: &str) {
    let stack = wiring.stack;
    let mut documents = vec![document.parsed()];
    // A plan writes documents as data of their own.
    documents.extend(
        stack
            .named(document)
            .into_iter()
            .map(|one| one.properties.clone()),
    );
    let evidence = format!("policy {id}");
    let mut understood = false;
    for document in &documents {
        for statement in document.all(&["Statement"]) {
            let (Some(actions), Some(named)) = (
                statement.first(&["Action", "actions"]),
                statement.first(&["Resource", "resources"]),
            ) else {
                continue;
            };
            understood = true;
            if statement.text_of(&["Effect"]) != Some("Deny") {
                let actions: Vec<&str> = actions.entries().iter().filter_map(Value::text).collect();
                for to in wiring.nodes(named) {
                    permitted(wiring, program, to, &actions, &evidence);
                }
            }
        }
    }
    if !understood {
        mentioned(wiring, program, document, &evidence);
    }
}

/// Links a program to a node on which it may do something.
fn permitted(wiring: &mut Wiring<'_>, program: usize, to: usize, actions: &[&str], evidence: &str) {
    let kind = wiring.design.nodes.get(to).map_or("", |node| node.kind);
    let known = ACTIONS.iter().filter(|(of, _, _)| *of == kind);
    let allowed = known.filter(|(_, name, _)| actions.iter().any(|pattern| covers(pattern, name)));
    let allowed: Vec<Does> = allowed.map(|(_, _, does)| *does).collect();
    let does = |what: Does| allowed.contains(&what);
    if to == program || wiring.design.has_link(to, program) {
        return;
    }
    if does(Does::Reads) || does(Does::Writes) {
        wiring.uses(
            program,
            to,
            (does(Does::Reads), does(Does::Writes)),
            evidence,
        );
    } else if does(Does::Consumes) {
        wiring.link(to, program, evidence);
    }
}

/// Whether a pattern of actions, such as `dynamodb:*Item`, covers an action.
fn covers(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let action = action.to_ascii_lowercase();
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Links a function to what a policy of SAM names: a template with parameters, or a document.
fn templates(wiring: &mut Wiring<'_>, function: usize, said: &Value, id: &str) {
    if said.get("Statement").is_some() {
        return policy(wiring, function, said, id);
    }
    for (name, parameters) in said.members() {
        let evidence = format!("{name} of {id}");
        let known = TEMPLATES.iter().find(|(template, _)| template == name);
        for to in wiring.nodes_in(parameters) {
            if let Some((_, how)) = known
                && to != function
                && !wiring.design.has_link(to, function)
            {
                wiring.uses(function, to, *how, &evidence);
            }
        }
    }
}

/// Lets a program use what a value mentions, as far as programs use it.
fn mentioned(wiring: &mut Wiring<'_>, program: usize, value: &Value, evidence: &str) {
    for to in wiring.nodes(value) {
        let kind = wiring.design.nodes.get(to).map(|node| node.kind);
        let used = kind.is_some_and(|kind| USED.contains(&kind));
        // What wakes a program is named by it as well.
        if used && to != program && !wiring.design.has_link(to, program) {
            wiring.uses(program, to, (false, false), evidence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_actions_cover_what_they_name() {
        assert!(covers("dynamodb:*", "dynamodb:GetItem"));
        assert!(covers("dynamodb:*Item", "dynamodb:GetItem"));
        assert!(covers("*", "sqs:SendMessage"));
        assert!(covers("dynamodb:Batch*Item", "dynamodb:BatchGetItem"));
        assert!(covers("SQS:sendmessage", "sqs:SendMessage"));
        assert!(!covers("dynamodb:Get", "dynamodb:GetItem"));
        assert!(!covers("dynamodb:*Table", "dynamodb:GetItem"));
    }
}
