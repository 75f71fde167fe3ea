// Usb prints what is plugged into the machine's USB, again each time that has changed,
// until its input ends.
package main

import (
	"fmt"
	"io"
	_ "net" // brings the card's drivers
	"os"
	"strings"
	"time"
)

func main() {
	over := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	before := ""
	for {
		b, err := os.ReadFile("/sys/kernel/debug/usb/devices")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		devices, controller, _ := strings.Cut(string(b), "controller: ")
		if devices != before {
			fmt.Printf("%send\n", devices)
			before = devices
		}
		select {
		case <-over:
			fmt.Print(controller)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}
