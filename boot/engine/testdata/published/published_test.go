// Package published holds what yolk package writes for engines (the folder above) against what
// the engines publish of it. It is a module of its own, for what that brings:
//
//	go -C boot/engine/testdata/published test .
package published

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	nomad "github.com/hashicorp/nomad/api"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestSchemas: documents are valid, and none with another key in any of its objects is.
func TestSchemas(t *testing.T) {
	for schema, document := range map[string]string{"kubevirt.schema.json": "kubevirt.yaml", "firecracker.schema.json": "firecracker.json"} {
		s, err := jsonschema.NewCompiler().Compile(schema)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(read(t, document), &v); err != nil { // which JSON is too
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", document, err)
		}
		top := v.(map[string]any)
		top["sepc"] = true
		if s.Validate(v) == nil {
			t.Errorf("%s takes any key", schema)
		}
	}
}

// TestNomad: the job has no field that the API's type lacks, and the driver's
// configuration none that its source lacks (taskConfigSpec): it exports no type.
func TestNomad(t *testing.T) {
	var v struct{ Job *nomad.Job }
	d := json.NewDecoder(bytes.NewReader(read(t, "nomad.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	task := v.Job.TaskGroups[0].Tasks[0]
	if *v.Job.ID != "httpd" || task.Driver != "qemu" || *task.Resources.MemoryMB != 64 || v.Job.TaskGroups[0].Networks[0].ReservedPorts[0].Value != 8080 {
		t.Errorf("%+v", v.Job)
	}
	keys := map[string]bool{"image_path": true, "drive_interface": true, "accelerator": true, "graceful_shutdown": true, "guest_agent": true, "args": true, "port_map": true}
	for k := range task.Config {
		if !keys[k] {
			t.Errorf("the driver has no %s", k)
		}
	}
}
