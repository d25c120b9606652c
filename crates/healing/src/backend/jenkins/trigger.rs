//! The trigger: what is sent, and what each answer means.

use http::{StatusCode, header};
use regain_http::client::Answer;

use super::Errand;
use super::api::{ApiError, life};
use super::page::{JobPage, cause_text};
use super::place::Place;
use crate::order::{Triggered, ValueError};

/// Is the largest file of a trigger token, in bytes.
const TOKEN_BYTES_MAX: usize = 4096;

/// Says why a build cannot be asked for.
#[derive(Debug, thiserror::Error)]
enum FormError {
    #[error("parameter {name}: {source}")]
    Value { name: String, source: ValueError },
    #[error("the job does not declare the parameter {0}, and Jenkins would drop it")]
    Undeclared(String),
    #[error("the file of the trigger token: {0}")]
    Token(std::io::Error),
    #[error("the file of the trigger token is empty or longer than {TOKEN_BYTES_MAX} bytes")]
    TokenLength,
}

impl Errand<'_> {
    pub(super) async fn trigger(&self) -> Triggered {
        let path = self.job_path();
        let page = match self.api.page::<JobPage>(&path, JobPage::TREE).await {
            Ok((page, _)) => page,
            // Nothing was sent that could start anything.
            Err(error) => {
                return Triggered::Refused {
                    why: self.explain(&error),
                    retryable: error.is_retryable(),
                };
            }
        };
        if page.buildable == Some(false) {
            return Triggered::refused(format!("job {} is disabled", self.job));
        }
        let form = match self.form(&page).await {
            Ok(form) => form,
            Err(error) => return Triggered::refused(format!("job {}: {error}", self.job)),
        };
        let method = if page.is_parameterized() { "buildWithParameters" } else { "build" };
        let fields: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match self.api.post(&format!("{path}{method}"), &fields).await {
            Ok(answer) => accepted(&answer),
            Err(error) if error.is_without_effect() => {
                Triggered::Refused { why: self.explain(&error), retryable: error.is_retryable() }
            }
            Err(error) => Triggered::unknown(error.to_string()),
        }
    }

    /// Returns the fields of the request: everything that could be secret goes into the body, because
    /// addresses show in the access logs of servers and proxies.
    async fn form(&self, page: &JobPage) -> Result<Vec<(String, String)>, FormError> {
        let mut form = Vec::new();
        for (name, value) in &self.action.parameters {
            if !page.declares(name) {
                return Err(FormError::Undeclared(name.clone()));
            }
            let value = value
                .resolve(&self.order.labels)
                .map_err(|source| FormError::Value { name: name.clone(), source })?;
            form.push((name.clone(), value.to_owned()));
        }
        let id_parameter = &self.action.execution_id_parameter;
        if page.declares(id_parameter) {
            form.retain(|(name, _)| name != id_parameter);
            form.push((id_parameter.clone(), self.order.id.to_string()));
        }
        form.push(("delay".to_owned(), "0sec".to_owned()));
        if let Some(file) = &self.action.build_token_file {
            let token = tokio::fs::read_to_string(file).await.map_err(FormError::Token)?;
            let token = token.trim();
            if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
                return Err(FormError::TokenLength);
            }
            form.push(("token".to_owned(), token.to_owned()));
            form.push(("cause".to_owned(), cause_text(&self.order.id)));
        }
        Ok(form)
    }

    /// Says what a refusal of Jenkins means for whoever has to repair it.
    pub(super) fn explain(&self, error: &ApiError) -> String {
        let hint = match error.status() {
            Some(StatusCode::UNAUTHORIZED) => "; the user or the secret is wrong",
            Some(StatusCode::FORBIDDEN) => "; the user may not do this",
            Some(StatusCode::NOT_FOUND) => "; there is no such job, or the user may not see it",
            Some(StatusCode::CONFLICT) => "; the job is disabled",
            Some(StatusCode::SERVICE_UNAVAILABLE) => "; Jenkins is starting or overloaded",
            _ => "",
        };
        format!("job {}: {error}{hint}", self.job)
    }
}

/// Reads an answer below 400. `201` is a new item and `303` one with the same parameters that waits
/// already, which can only be this order's own where the id is among them.
fn accepted(answer: &Answer) -> Triggered {
    let location = answer.header(&header::LOCATION);
    match (answer.status, location.and_then(item_number)) {
        (StatusCode::CREATED | StatusCode::SEE_OTHER, Some(item)) => {
            let place = Place { item: Some(item), build: None, life: life(answer) };
            Triggered::Started(place.handle())
        }
        // A queue decision handler said no: Jenkins shows the job's page instead of an item.
        (StatusCode::FOUND, None) => {
            Triggered::refused_for_now("Jenkins did not take the build into its queue")
        }
        (
            status @ (StatusCode::MOVED_PERMANENTLY
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT),
            _,
        ) => {
            Triggered::refused(format!("{status}, and redirects are not followed; correct the url"))
        }
        (status, _) => Triggered::unknown(format!("{status} without a queue item")),
    }
}

/// Finds the number of an item in an address, of which nothing but the last part of the path counts.
fn item_number(location: &str) -> Option<u64> {
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let (before, number) = path.rsplit_once('/')?;
    before.ends_with("/queue/item").then(|| number.parse().ok())?
}
