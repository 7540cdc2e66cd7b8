{{- define "handrail.name" -}}
{{- if contains "handrail" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-handrail" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "handrail.selects" -}}
app.kubernetes.io/name: handrail
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "handrail.labels" -}}
{{ include "handrail.selects" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "handrail.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "handrail.env" -}}
{{- range $setting, $key := .Values.secret.keys }}
- name: {{ $setting }}_FILE
  value: /run/secrets/handrail/{{ $key }}
{{- end }}
- name: HANDRAIL_RUNBOOKS
  value: /etc/handrail/runbooks
- name: HANDRAIL_HTTP
  value: 0.0.0.0:8080
- name: HANDRAIL_MIRROR
  value: /var/lib/handrail/mirror
- name: HANDRAIL_DRAIN
  value: {{ .Values.drainSeconds | quote }}
{{- range $setting, $value := .Values.settings }}
- name: {{ $setting }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "handrail.pod" -}}
# Without this the cluster puts HANDRAIL_PORT and more into each pod.
enableServiceLinks: false
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "handrail.container" -}}
image: {{ include "handrail.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env: {{- include "handrail.env" . | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources: {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - {name: secrets, mountPath: /run/secrets/handrail, readOnly: true}
  - {name: runbooks, mountPath: /etc/handrail/runbooks, readOnly: true}
  - {name: state, mountPath: /var/lib/handrail}
  - {name: scratch, mountPath: /tmp}
{{- end }}

{{- define "handrail.volumes" -}}
- name: secrets
  secret:
    secretName: {{ required "secret.name: which Secret holds the tokens?" .Values.secret.name }}
    defaultMode: 0440
- name: runbooks
  {{- toYaml .Values.runbooks.volume | nindent 2 }}
- name: state
  emptyDir: {}
- name: scratch
  emptyDir: {}
{{- end }}
