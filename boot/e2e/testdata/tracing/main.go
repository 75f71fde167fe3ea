// Tracing records an execution trace of itself, which needs the runtime's tracer
// in the image.
package main

import (
	"bytes"
	"fmt"
	"runtime/trace"
)

func main() {
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan bool)
	go func() { done <- true }()
	<-done
	trace.Stop()
	fmt.Printf("%.13q, more than its head: %v\n", b.String(), b.Len() > 200)
}
