// Probe is a guest of the benchmarks. It prints the nanoseconds on the
// machine's monotonic clock when main starts; with -icount that is a number of
// instructions. With the argument "idle" it then sleeps.
package main

import (
	"fmt"
	"log"
	"os"
	"time"
)

func main() {
	ns, err := monotonic()
	if err != nil {
		log.Fatal("probe: clock_gettime: ", err)
	}
	fmt.Printf("probe: clock %d ns\n", ns)
	if len(os.Args) > 1 && os.Args[1] == "idle" {
		time.Sleep(time.Hour)
	}
}
