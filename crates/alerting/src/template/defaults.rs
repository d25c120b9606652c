//! The definitions that every configuration has.
//!
//! Their names are what users override, so they are upstream's, and what they print is upstream's too.

/// The text of the definitions.
pub(super) const TEXT: &str = r#"
{{- define "__alertmanager" -}} Alertmanager {{- end -}}

{{- define "__alertmanagerURL" -}}
  {{ printf "%s/#/alerts?receiver=%s" .ExternalURL (urlquery .Receiver) }}
{{- end -}}

{{- define "__subject" -}}
  {{- $state := toUpper .Status -}}
  {{- if eq .Status "firing" -}} {{- $state = printf "%s:%d" $state (len .Alerts.Firing) -}} {{- end -}}
  {{- printf "[%s] %s " $state (.GroupLabels.Values.Join " ") -}}
  {{- if gt (len .CommonLabels) (len .GroupLabels) -}}
    ({{ with .CommonLabels.Remove .GroupLabels.Names }}{{ .Values.Join " " }}{{ end }})
  {{- end -}}
{{- end -}}

{{- define "__description" -}} {{- end -}}

{{- define "__text_alert_list" -}}
  {{- range . -}}
    {{- println "Labels:" -}}
    {{- range .Labels.SortedPairs -}} {{- printf " - %s = %s\n" .Name .Value -}} {{- end -}}
    {{- println "Annotations:" -}}
    {{- range .Annotations.SortedPairs -}} {{- printf " - %s = %s\n" .Name .Value -}} {{- end -}}
    {{- printf "Source: %s\n" .GeneratorURL -}}
  {{- end -}}
{{- end -}}

{{- define "__text_alert_list_markdown" -}}
  {{- range . -}}
    {{- println "\nLabels:" -}}
    {{- range .Labels.SortedPairs -}} {{- printf "  - %s = %s\n" .Name .Value -}} {{- end -}}
    {{- println "\nAnnotations:" -}}
    {{- range .Annotations.SortedPairs -}} {{- printf "  - %s = %s\n" .Name .Value -}} {{- end -}}
    {{- printf "\nSource: %s\n" .GeneratorURL -}}
  {{- end -}}
  {{- println -}}
{{- end -}}

{{- define "slack.default.title" -}} {{- template "__subject" . -}} {{- end -}}
{{- define "slack.default.username" -}} {{- template "__alertmanager" . -}} {{- end -}}
{{- define "slack.default.fallback" -}}
  {{- template "slack.default.title" . }} | {{ template "slack.default.titlelink" . -}}
{{- end -}}
{{- define "slack.default.callbackid" -}} {{- end -}}
{{- define "slack.default.pretext" -}} {{- end -}}
{{- define "slack.default.titlelink" -}} {{- template "__alertmanagerURL" . -}} {{- end -}}
{{- define "slack.default.iconemoji" -}} {{- end -}}
{{- define "slack.default.iconurl" -}} {{- end -}}
{{- define "slack.default.text" -}} {{- end -}}
{{- define "slack.default.footer" -}} {{- end -}}
{{- define "slack.default.color" -}} {{- if eq .Status "firing" -}} danger {{- else -}} good {{- end -}} {{- end -}}
"#;
