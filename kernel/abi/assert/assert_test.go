package assert

import "testing"

// TestThat: what holds is silent, what does not is a panic that says where.
func TestThat(t *testing.T) {
	That(true)
	ThatAt(true, "a.go:1: x")
	for want, f := range map[string]func(){
		"assertion failed: a.go:1: x":         func() { ThatAt(false, "a.go:1: x") },
		"assertion failed: see the traceback": func() { That(false) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%v, want %s", got, want)
				}
			}()
			f()
		}()
	}
}
