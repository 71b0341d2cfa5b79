{{- /* Names, labels and images: what every object has. Arguments are dicts with `root` (the top context). */}}

{{- define "tickloom.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* root, component */}}
{{- define "tickloom.name" -}}
{{ include "tickloom.fullname" .root }}-{{ .component }}
{{- end }}

{{- /* root, component: what never changes, so that it may select */}}
{{- define "tickloom.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* root, component */}}
{{- define "tickloom.labels" -}}
{{ include "tickloom.selector" . }}
app.kubernetes.io/part-of: tickloom
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* root, component, image */}}
{{- define "tickloom.image" -}}
{{- $name := printf "%s/%s" (default .root.Values.image.registry .image.registry) .image.repository }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (.image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}
