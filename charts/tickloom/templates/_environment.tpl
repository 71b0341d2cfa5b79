{{- /* What our services are told: where the servers are, with which secrets, and who they are. */}}

{{- define "tickloom.secretName" -}}
{{ .Values.secrets.existing | default (include "tickloom.fullname" .) }}
{{- end }}

{{- /* A secretKeyRef to the URL of the database. */}}
{{- define "tickloom.databaseReference" -}}
{{- if .Values.database.enabled -}}
name: {{ include "tickloom.secretName" . }}
key: database-url
{{- else -}}
name: {{ required "database.enabled is false: set database.external.existingSecret to the Secret with its URL" .Values.database.external.existingSecret }}
key: {{ .Values.database.external.key }}
{{- end }}
{{- end }}

{{- define "tickloom.redisReference" -}}
{{- if .Values.valkey.enabled -}}
name: {{ include "tickloom.secretName" . }}
key: redis-url
{{- else -}}
name: {{ required "valkey.enabled is false: set valkey.external.existingSecret to the Secret with its URL" .Values.valkey.external.existingSecret }}
key: {{ .Values.valkey.external.key }}
{{- end }}
{{- end }}

{{- define "tickloom.databaseEnvironment" -}}
- name: TICKLOOM_DATABASE_URL
  valueFrom:
    secretKeyRef:
      {{- include "tickloom.databaseReference" . | nindent 6 }}
{{- end }}

{{- define "tickloom.redisEnvironment" -}}
- name: TICKLOOM_REDIS_URL
  valueFrom:
    secretKeyRef:
      {{- include "tickloom.redisReference" . | nindent 6 }}
{{- end }}

{{- /* root, env: further variables of the component */}}
{{- define "tickloom.serviceEnvironment" -}}
{{- include "tickloom.databaseEnvironment" .root }}
{{ include "tickloom.redisEnvironment" .root }}
- name: TICKLOOM_LOG_LEVEL
  value: {{ .root.Values.logLevel }}
- name: TICKLOOM_INSTANCE
  valueFrom:
    fieldRef: {fieldPath: metadata.name}
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* root, component, image: an init container that ends when the database has the schema of this release */}}
{{- define "tickloom.waitForSchema" -}}
- name: wait-for-schema
  image: {{ include "tickloom.image" . }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [tickloom, migrate, --check, --wait, {{ .root.Values.migrations.timeoutSeconds | quote }}]
  env:
    {{- include "tickloom.databaseEnvironment" .root | nindent 4 }}
  resources:
    {{- toYaml .root.Values.migrations.resources | nindent 4 }}
  securityContext:
    {{- include "tickloom.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end }}
