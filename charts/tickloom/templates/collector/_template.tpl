{{- /* The pod that the operator makes every collector from; it adds the Exchange, its credentials and its resources. */}}
{{- define "tickloom.collectorTemplate" -}}
{{- $c := dict "root" . "component" "collector" "image" .Values.collector.image "values" .Values.collector "env" .Values.collector.env }}
metadata:
  labels:
    app.kubernetes.io/instance: {{ .Release.Name }}
    app.kubernetes.io/component: collector
    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
    {{- with .Values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.collector.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- if not .Values.operator.allNamespaces }}
  serviceAccountName: {{ include "tickloom.name" $c }}
  {{- end }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.collector.terminationGracePeriodSeconds }}
  {{- include "tickloom.placement" $c | nindent 2 }}
  securityContext:
    {{- include "tickloom.podSecurity" (dict "user" 10001) | nindent 4 }}
  containers:
    - name: collector
      image: {{ include "tickloom.image" $c }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- include "tickloom.serviceEnvironment" $c | nindent 8 }}
        - {name: TICKLOOM_PROBE_PORT, value: "8080"}
      ports:
        - {name: metrics, containerPort: 8080}
      {{- include "tickloom.probes" (dict "port" "metrics") | nindent 6 }}
      resources:
        {{- toYaml .Values.collector.resources | nindent 8 }}
      securityContext:
        {{- include "tickloom.containerSecurity" . | nindent 8 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
{{- end }}
