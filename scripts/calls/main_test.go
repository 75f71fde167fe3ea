package main

import (
	"os"
	"testing"
)

// TestCalls: the published table is what the code does.
func TestCalls(t *testing.T) {
	want, err := report()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../kernel/posix/CALLS.md")
	if err != nil || string(got) != want {
		t.Errorf("kernel/posix/CALLS.md is not as the code is (%v): go run ./scripts/calls > kernel/posix/CALLS.md", err)
	}
}
