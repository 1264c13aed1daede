// Reads manifests from stdin as the API server would: into Kubernetes' own types, where an unknown field is an error.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func main() {
	manifests, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	for _, manifest := range bytes.Split(manifests, []byte("\n---\n")) {
		kind, err := check(manifest)
		if err != nil {
			fail(fmt.Errorf("%s: %w", kind, err))
		}
		fmt.Println(kind)
	}
}

func check(manifest []byte) (string, error) {
	var head struct {
		APIVersion string
		Kind       string
	}
	if err := yaml.Unmarshal(manifest, &head); err != nil {
		return "", err
	}
	kind := head.APIVersion + " " + head.Kind
	into, known := map[string]any{
		"apps/v1 Deployment":                     &apps.Deployment{},
		"autoscaling/v2 HorizontalPodAutoscaler": &autoscaling.HorizontalPodAutoscaler{},
		"gateway.networking.k8s.io/v1 HTTPRoute": &gateway.HTTPRoute{},
		"policy/v1 PodDisruptionBudget":          &policy.PodDisruptionBudget{},
		"v1 Service":                             &core.Service{},
	}[kind]
	if !known {
		return kind, errors.New("no type for it here")
	}
	text, err := yaml.YAMLToJSONStrict(manifest)
	if err != nil {
		return kind, err
	}
	// Not encoding/json, to which the case of a field's name is all one.
	wrong, err := json.UnmarshalStrict(text, into)
	return kind, errors.Join(append(wrong, err)...)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
