//! What the types of resources mean: one table, one small function each.
//!
//! To add a type: a line in `ROWS` under both of its names, a function that makes the node from the
//! properties (`make`) or the links from them (`wire`), the parameters that it writes in
//! `WRITES`, and a test. A resource that is not a node may stand for others that are
//! (`stands`): an alias for its function, a target group for those registered in it.
//!
//! Every type is handled whole, or is listed as not modelled: in `QUIET` if that changes nothing
//! in the model, else it is named in a note.

mod api;
mod bus;
mod cdn;
mod compute;
mod database;
mod function;
mod messaging;
mod scaling;
mod storage;
mod workflow;

use super::draft::{Draft, Made};
use super::resource::Resource;
use super::wiring::Wiring;

/// Makes a node.
type Make = fn(&mut Draft<'_>) -> Made;
/// Makes links.
type Wire = fn(&Resource, &mut Wiring<'_>);

/// What a type of resources means.
pub(crate) struct Row {
    /// Its names in either format.
    pub(crate) types: &'static [&'static str],
    /// Makes a node.
    pub(crate) make: Option<Make>,
    /// Makes links.
    pub(crate) wire: Option<Wire>,
    /// Who stands for whom: what a property names for what another one does; an empty path is the
    /// resource itself.
    pub(crate) stands: &'static [(&'static str, &'static str)],
}

/// A row that does nothing.
const ROW: Row = Row {
    types: &[],
    make: None,
    wire: None,
    stands: &[],
};

/// Makes a row of a type that is a node.
const fn node(types: &'static [&'static str], make: Make) -> Row {
    Row {
        types,
        make: Some(make),
        ..ROW
    }
}

/// Makes a row of a type that is a node and has links in its properties.
const fn node_and_links(types: &'static [&'static str], make: Make, wire: Wire) -> Row {
    Row {
        types,
        make: Some(make),
        wire: Some(wire),
        ..ROW
    }
}

/// Makes a row of a type that is a link.
const fn links(types: &'static [&'static str], wire: Wire) -> Row {
    Row {
        types,
        wire: Some(wire),
        ..ROW
    }
}

/// Makes a row of a type that stands for others.
const fn stands(
    types: &'static [&'static str],
    stands: &'static [(&'static str, &'static str)],
) -> Row {
    Row {
        types,
        stands,
        ..ROW
    }
}

/// All types that are nodes, links or stand for nodes.
pub(crate) const ROWS: &[Row] = &[
    // Functions.
    node_and_links(
        &[
            "AWS::Lambda::Function",
            "AWS::Serverless::Function",
            "aws_lambda_function",
        ],
        function::function,
        function::events,
    ),
    stands(
        &[
            "AWS::Lambda::Alias",
            "AWS::Lambda::Version",
            "aws_lambda_alias",
        ],
        &[("", "FunctionName")],
    ),
    links(
        &[
            "AWS::Lambda::EventSourceMapping",
            "aws_lambda_event_source_mapping",
        ],
        function::mapping,
    ),
    Row {
        types: &["AWS::Lambda::Url", "aws_lambda_function_url"],
        wire: Some(function::url),
        stands: &[("", "TargetFunctionArn"), ("", "FunctionName")],
        ..ROW
    },
    links(&["AWS::Serverless::Connector"], function::connector),
    node_and_links(
        &[
            "AWS::StepFunctions::StateMachine",
            "AWS::Serverless::StateMachine",
            "aws_sfn_state_machine",
        ],
        workflow::workflow,
        workflow::tasks,
    ),
    // Messages.
    node_and_links(
        &["AWS::SQS::Queue", "aws_sqs_queue"],
        messaging::queue,
        messaging::redrive,
    ),
    links(&["aws_sqs_queue_redrive_policy"], messaging::redrive),
    node_and_links(
        &["AWS::SNS::Topic", "aws_sns_topic"],
        messaging::topic,
        messaging::subscriptions,
    ),
    links(
        &["AWS::SNS::Subscription", "aws_sns_topic_subscription"],
        messaging::subscription,
    ),
    node(
        &["AWS::Kinesis::Stream", "aws_kinesis_stream"],
        messaging::stream,
    ),
    stands(
        &[
            "AWS::Kinesis::StreamConsumer",
            "aws_kinesis_stream_consumer",
        ],
        &[("", "StreamARN")],
    ),
    node_and_links(
        &[
            "AWS::KinesisFirehose::DeliveryStream",
            "aws_kinesis_firehose_delivery_stream",
        ],
        messaging::delivery,
        messaging::destinations,
    ),
    node(
        &["AWS::Events::EventBus", "aws_cloudwatch_event_bus"],
        bus::bus,
    ),
    links(&["AWS::Events::Rule"], bus::rule),
    links(&["aws_cloudwatch_event_target"], bus::target),
    links(
        &["AWS::Scheduler::Schedule", "aws_scheduler_schedule"],
        bus::schedule,
    ),
    // Storage.
    node(
        &[
            "AWS::DynamoDB::Table",
            "AWS::DynamoDB::GlobalTable",
            "AWS::Serverless::SimpleTable",
            "aws_dynamodb_table",
        ],
        storage::table,
    ),
    node_and_links(
        &["AWS::S3::Bucket", "aws_s3_bucket"],
        storage::bucket,
        storage::notifications,
    ),
    links(&["aws_s3_bucket_notification"], storage::notifications),
    node(
        &["AWS::EFS::FileSystem", "aws_efs_file_system"],
        storage::files,
    ),
    stands(
        &[
            "AWS::EFS::AccessPoint",
            "AWS::EFS::MountTarget",
            "aws_efs_access_point",
            "aws_efs_mount_target",
        ],
        &[("", "FileSystemId")],
    ),
    // Databases.
    Row {
        types: &[
            "AWS::RDS::DBInstance",
            "aws_db_instance",
            "aws_rds_cluster_instance",
        ],
        make: Some(database::instance),
        stands: &[
            ("", "DBClusterIdentifier"),
            ("", "ClusterIdentifier"),
            ("", "SourceDBInstanceIdentifier"),
            ("", "replicate_source_db"),
        ],
        ..ROW
    },
    node(
        &["AWS::RDS::DBCluster", "aws_rds_cluster"],
        database::cluster,
    ),
    stands(
        &["AWS::RDS::DBProxyTargetGroup", "aws_db_proxy_target"],
        &[
            ("DBProxyName", "DBInstanceIdentifiers"),
            ("DBProxyName", "DBInstanceIdentifier"),
            ("DBProxyName", "DBClusterIdentifiers"),
            ("DBProxyName", "DBClusterIdentifier"),
        ],
    ),
    stands(
        &["AWS::SecretsManager::SecretTargetAttachment"],
        &[("SecretId", "TargetId"), ("", "TargetId")],
    ),
    node(
        &[
            "AWS::ElastiCache::ReplicationGroup",
            "aws_elasticache_replication_group",
        ],
        database::replication_group,
    ),
    Row {
        types: &["AWS::ElastiCache::CacheCluster", "aws_elasticache_cluster"],
        make: Some(database::cache_cluster),
        stands: &[("", "ReplicationGroupId")],
        ..ROW
    },
    node(
        &["AWS::OpenSearchService::Domain", "aws_opensearch_domain"],
        database::search,
    ),
    // Ways in.
    node_and_links(
        &[
            "AWS::ApiGateway::RestApi",
            "AWS::Serverless::Api",
            "aws_api_gateway_rest_api",
        ],
        api::rest,
        api::body,
    ),
    node_and_links(
        &[
            "AWS::ApiGatewayV2::Api",
            "AWS::Serverless::HttpApi",
            "aws_apigatewayv2_api",
        ],
        api::http,
        api::body,
    ),
    links(&["AWS::ApiGateway::Method"], api::method),
    links(&["aws_api_gateway_integration"], api::integration),
    links(
        &["AWS::ApiGatewayV2::Route", "aws_apigatewayv2_route"],
        api::route,
    ),
    stands(
        &[
            "AWS::ApiGatewayV2::Integration",
            "aws_apigatewayv2_integration",
        ],
        &[("", "IntegrationUri")],
    ),
    stands(
        &[
            "AWS::ApiGateway::Stage",
            "AWS::ApiGateway::Deployment",
            "aws_api_gateway_stage",
            "aws_api_gateway_deployment",
        ],
        &[("", "RestApiId"), ("", "rest_api_id")],
    ),
    stands(
        &["AWS::ApiGatewayV2::Stage", "aws_apigatewayv2_stage"],
        &[("", "ApiId")],
    ),
    stands(
        &[
            "AWS::ApiGateway::BasePathMapping",
            "aws_api_gateway_base_path_mapping",
        ],
        &[("DomainName", "RestApiId"), ("DomainName", "api_id")],
    ),
    stands(
        &[
            "AWS::ApiGatewayV2::ApiMapping",
            "aws_apigatewayv2_api_mapping",
        ],
        &[("DomainName", "ApiId")],
    ),
    node(
        &[
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "aws_lb",
            "aws_alb",
        ],
        compute::balancer,
    ),
    Row {
        types: &[
            "AWS::ElasticLoadBalancingV2::Listener",
            "aws_lb_listener",
            "aws_alb_listener",
        ],
        wire: Some(compute::listener),
        stands: &[("", "LoadBalancerArn")],
        ..ROW
    },
    links(
        &[
            "AWS::ElasticLoadBalancingV2::ListenerRule",
            "aws_lb_listener_rule",
            "aws_alb_listener_rule",
        ],
        compute::listener,
    ),
    stands(
        &[
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            "aws_lb_target_group",
            "aws_alb_target_group",
        ],
        &[("", "Targets")],
    ),
    stands(
        &[
            "aws_lb_target_group_attachment",
            "aws_alb_target_group_attachment",
        ],
        &[("TargetGroupArn", "TargetId")],
    ),
    stands(
        &["aws_autoscaling_attachment"],
        &[("lb_target_group_arn", "autoscaling_group_name")],
    ),
    node_and_links(
        &[
            "AWS::CloudFront::Distribution",
            "aws_cloudfront_distribution",
        ],
        cdn::distribution,
        cdn::origins,
    ),
    links(
        &["AWS::Route53::RecordSet", "aws_route53_record"],
        cdn::record,
    ),
    node(
        &["AWS::Cognito::UserPool", "aws_cognito_user_pool"],
        cdn::users,
    ),
    // Machines.
    Row {
        types: &["AWS::ECS::Service", "aws_ecs_service"],
        make: Some(compute::service),
        stands: &[("LoadBalancers", ""), ("load_balancer", "")],
        ..ROW
    },
    node(&["AWS::EC2::Instance", "aws_instance"], compute::instance),
    Row {
        types: &[
            "AWS::AutoScaling::AutoScalingGroup",
            "aws_autoscaling_group",
        ],
        make: Some(compute::group),
        stands: &[("TargetGroupARNs", "")],
        ..ROW
    },
];

/// Parameters that the functions of this table may write, by kind.
pub(crate) const WRITES: &[(&str, &[&str])] = &[
    ("alb", &["timeout"]),
    ("api-gateway", &["type", "rate", "burst"]),
    (
        "aurora",
        &["engine", "class", "replicas", "serverless", "proxy"],
    ),
    ("cloudfront", &[]),
    ("cognito", &[]),
    (
        "dynamodb",
        &[
            "billing",
            "rcu",
            "wcu",
            "rcu_scaling",
            "wcu_scaling",
            "index",
            "indexes",
            "local_indexes",
        ],
    ),
    ("ec2", &["type", "instances", "scaling"]),
    ("ecs", &["launch", "tasks", "cpu", "memory", "scaling"]),
    ("efs", &["mode", "throughput"]),
    ("elasticache-memcached", &["nodes", "type"]),
    ("elasticache-redis", &["shards", "replicas", "node_type"]),
    ("eventbridge", &[]),
    ("external", &["time"]),
    ("firehose", &["buffer", "interval"]),
    ("kinesis", &["mode", "shards", "retention", "consumers"]),
    (
        "lambda",
        &[
            "memory",
            "timeout",
            "runtime",
            "reserved_concurrency",
            "provisioned_concurrency",
        ],
    ),
    ("nlb", &[]),
    ("opensearch", &["nodes", "type"]),
    (
        "rds",
        &["engine", "class", "multi_az", "replicas", "iops", "proxy"],
    ),
    ("route53", &[]),
    ("s3", &[]),
    ("sns", &["type"]),
    (
        "sqs",
        &[
            "type",
            "visibility",
            "retention",
            "delay",
            "max_receives",
            "high_throughput",
        ],
    ),
    ("step-functions", &["type"]),
];

/// Types that change nothing in the model, by the beginning of their name: what they say is read
/// where it matters.
const QUIET: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApplicationAutoScaling::",
    "AWS::AutoScaling::LaunchConfiguration",
    "AWS::AutoScaling::ScalingPolicy",
    "AWS::CDK::Metadata",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::CloudFrontOriginAccessIdentity",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::OriginRequestPolicy",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::EC2::EIP",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ECR::",
    "AWS::ECS::CapacityProvider",
    "AWS::ECS::Cluster",
    "AWS::ECS::TaskDefinition",
    "AWS::ElastiCache::ParameterGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBSubnetGroup",
    "AWS::Route53::HostedZone",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
    "AWS::Serverless::LayerVersion",
    "aws_acm_",
    "aws_api_gateway_account",
    "aws_api_gateway_domain_name",
    "aws_api_gateway_integration_response",
    "aws_api_gateway_method",
    "aws_api_gateway_model",
    "aws_api_gateway_resource",
    "aws_api_gateway_rest_api_policy",
    "aws_apigatewayv2_domain_name",
    "aws_appautoscaling_",
    "aws_autoscaling_policy",
    "aws_cloudfront_cache_policy",
    "aws_cloudfront_origin_",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_log_",
    "aws_cloudwatch_metric_alarm",
    "aws_cognito_user_pool_",
    "aws_db_parameter_group",
    "aws_db_proxy",
    "aws_db_subnet_group",
    "aws_ecr_",
    "aws_ecs_capacity_provider",
    "aws_ecs_cluster",
    "aws_ecs_task_definition",
    "aws_eip",
    "aws_elasticache_parameter_group",
    "aws_elasticache_subnet_group",
    "aws_iam_",
    "aws_internet_gateway",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_layer_version",
    "aws_lambda_permission",
    "aws_lambda_provisioned_concurrency_config",
    "aws_launch_",
    "aws_main_route_table",
    "aws_rds_cluster_parameter_group",
    "aws_route",
    "aws_s3_bucket_",
    "aws_s3_object",
    "aws_secretsmanager_secret_version",
    "aws_security_group",
    "aws_sns_topic_policy",
    "aws_sqs_queue_policy",
    "aws_ssm_parameter",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_security_group_",
    "archive_file",
    "local_file",
    "null_resource",
    "random_",
    "terraform_data",
    "time_",
    "tls_",
];

/// Types that would matter although they look like quiet ones.
const LOUD: &[&str] = &[
    "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCPeeringConnection",
    "aws_route53_health_check",
    "aws_vpc_endpoint",
    "aws_vpc_peering_connection",
];

/// Returns what a type means.
pub(crate) fn row(type_name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.types.contains(&type_name))
}

/// Whether it changes nothing in the model that a type has no row.
pub(crate) fn is_quiet(type_name: &str) -> bool {
    let begins = |list: &[&str]| list.iter().any(|one| type_name.starts_with(one));
    begins(QUIET) && !begins(LOUD)
}

/// Whether the functions of the table may write a parameter of a kind.
pub(crate) fn writes(kind: &str, key: &str) -> bool {
    let found = WRITES.iter().find(|(name, _)| *name == kind);
    found.is_some_and(|(_, keys)| keys.contains(&key))
}
