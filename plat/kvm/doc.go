//go:build !yolk

// Package kvm is empty on the host; see kvm.go.
package kvm
