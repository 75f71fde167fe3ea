//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"yolk/scripts/kvm/task"
)

const events = debug + "/tracing/events/kvm"

// reasons are KVM's tracepoints that say why a machine left the guest, and what
// they are counted by.
var reasons = []struct{ event, keys string }{
	{"kvm_exit", "exit_reason"},
	{"kvm_msr", "ecx.hex,write"},
	{"kvm_pio", "port.hex,rw"},
	{"kvm_mmio", "gpa.hex,type"},
	{"kvm_hypercall", "nr"},
}

// why reports whether the outer guest was asked for the reasons of exits.
func why() bool { return os.Getenv(task.Reasons) != "" }

// countReasons starts to count anew.
func countReasons() error {
	for _, r := range reasons {
		for _, op := range []string{"!hist:keys=", "hist:keys="} {
			err := os.WriteFile(filepath.Join(events, r.event, "trigger"), []byte(op+r.keys), 0)
			if err != nil && op[0] != '!' {
				return err
			}
		}
	}
	return nil
}

// showReasons prints what was counted since, the most frequent last.
func showReasons(what string) {
	if !why() {
		return
	}
	for _, r := range reasons {
		text, err := os.ReadFile(filepath.Join(events, r.event, "hist"))
		if err != nil {
			fmt.Println("kvm:", err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "{") {
				fmt.Printf("kvm: %s: %s %s\n", what, r.event, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	if err := countReasons(); err != nil {
		fmt.Println("kvm:", err)
	}
}
