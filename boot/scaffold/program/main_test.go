package main

import "testing"

func TestGreeting(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{{nil, "Hello, world"}, {[]string{"Ada"}, "Hello, Ada"}} {
		if got := greeting(c.names); got != c.want {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}
