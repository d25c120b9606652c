//! Discovery in Amazon's cloud, one mechanism for each service and one for all of them.

use crate::schema::{
    Field, Item, Schema, client, client_without_defaults, duration, number, schemas, secret, text,
    text_list,
};

const ROLES: [&str; 6] = ["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"];

static FILTER: Schema =
    Schema::free("aws.Filter", &[text("name", "").shown(), text_list("values").shown()]);

pub(super) static AWS: Schema = Schema {
    owner: "aws.SDConfig",
    fields: &[
        text("role", "").shown(),
        text("region", ""),
        text("endpoint", ""),
        text("access_key", ""),
        secret("secret_key"),
        text("profile", ""),
        text("role_arn", ""),
        text("external_id", ""),
        duration("refresh_interval", 0),
        number("port", 0),
        client_without_defaults(),
        schemas("filters", &FILTER),
        text_list("clusters"),
    ],
    check: |item| {
        let role = item.text("role");
        item.demand(ROLES.contains(&role), "role", format!("unknown AWS SD role {role:?}"));
    },
};

pub(super) static EC2: Schema = Schema {
    owner: "aws.EC2SDConfig",
    fields: &[
        ENDPOINT,
        REGION,
        ACCESS_KEY,
        SECRET_KEY,
        PROFILE,
        ROLE_ARN,
        EXTERNAL_ID,
        REFRESH_INTERVAL,
        PORT,
        schemas("filters", &FILTER).shown(),
        client(),
    ],
    check: filters_have_values,
};

pub(super) static LIGHTSAIL: Schema = Schema::free(
    "aws.LightsailSDConfig",
    &[
        ENDPOINT,
        REGION,
        ACCESS_KEY,
        SECRET_KEY,
        PROFILE,
        ROLE_ARN,
        EXTERNAL_ID,
        REFRESH_INTERVAL,
        PORT,
        client(),
    ],
);

pub(super) static ECS: Schema = Schema::free("aws.ECSSDConfig", &clusters(20));
pub(super) static ELASTICACHE: Schema = Schema::free("aws.ElasticacheSDConfig", &clusters(10));
pub(super) static MSK: Schema = Schema::free("aws.MSKSDConfig", &clusters(10));

pub(super) static RDS: Schema = Schema::free(
    "aws.RDSSDConfig",
    &[
        REGION,
        ENDPOINT,
        ACCESS_KEY,
        SECRET_KEY,
        PROFILE,
        ROLE_ARN,
        EXTERNAL_ID,
        CLUSTERS,
        PORT,
        REFRESH_INTERVAL,
        schemas("filters", &FILTER).shown(),
        number("request_concurrency", 10),
        client(),
    ],
);

const ENDPOINT: Field = text("endpoint", "").shown();
const REGION: Field = text("region", "").shown();
const ACCESS_KEY: Field = text("access_key", "");
const SECRET_KEY: Field = secret("secret_key");
const PROFILE: Field = text("profile", "");
const ROLE_ARN: Field = text("role_arn", "");
const EXTERNAL_ID: Field = text("external_id", "");
const REFRESH_INTERVAL: Field = duration("refresh_interval", 60);
const PORT: Field = number("port", 80).shown();
const CLUSTERS: Field = text_list("clusters");

const fn clusters(request_concurrency: i64) -> [Field; 12] {
    [
        REGION,
        ENDPOINT,
        ACCESS_KEY,
        SECRET_KEY,
        PROFILE,
        ROLE_ARN,
        EXTERNAL_ID,
        CLUSTERS,
        PORT,
        REFRESH_INTERVAL,
        number("request_concurrency", request_concurrency),
        client(),
    ]
}

fn filters_have_values(item: &Item<'_, '_>) {
    let valid = item.items("filters").all(|filter| !filter.texts("values").is_empty());
    item.demand(valid, "filters", "EC2 SD configuration filter values cannot be empty");
}
