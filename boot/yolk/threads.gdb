# Commands of yolk debug. The kernel's threads are in a table of addresses, by their
# numbers (kernel/sched/thread.go).

define kernel-threads
  set language c
  set $index = 0
  while $index < (int)'yolk/kernel/sched.highest'
    set $address = *((unsigned long *)'yolk/kernel/sched.table' + $index)
    if $address
      set $thread = ('yolk/kernel/sched.Thread' *)$address
      if $thread->State != 0
        kernel-thread
      end
    end
    set $index = $index + 1
  end
  set language auto
end
document kernel-threads
List the kernel's threads: number, state, processor, time on it, and where each goes on.
end

define kernel-thread
  printf "%3u ", $thread->ID
  if $thread->State == 1
    echo ready    \ 
  end
  if $thread->State == 2
    echo running  \ 
  end
  if $thread->State == 3
    echo futex    \ 
  end
  if $thread->State == 4
    echo sleeping \ 
  end
  if $thread->State == 5
    echo polling  \ 
  end
  if $thread->State == 6
    echo throttled\ 
  end
  printf "CPU %u, %lu ms, ", $thread->home, $thread->RunTime / 1000000
  info symbol $thread->Context.Frame.PC
end
document kernel-thread
Show the thread that $thread points to.
end
