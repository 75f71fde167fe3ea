// Package e2e boots images and looks at them as their users do. All of it is
// tests with the tag e2e, which need QEMU and the yolk command, named by $YOLK;
// `make test-machine` provides both.
package e2e
