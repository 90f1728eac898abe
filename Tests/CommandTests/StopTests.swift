import Glibc
import Storage
import SystemPackage
import Testing

/// Programs that are told to stop, by a signal or by the time.
@Suite struct StopTests {
  private let shop: TemporaryFolder
  private let folder: TemporaryFolder

  init() throws {
    shop = try Workshop.folder()
    folder = try TemporaryFolder()
  }

  private func pretrain(_ more: [String]) -> [String] {
    [
      "pretrain", "--data", shop("data"), "-o", folder("run"), "--depth", "1", "--width", "64",
      "--heads", "2", "--context", "64", "--seed", "5",
    ] + more
  }

  /// An update of some minutes is given up at the next microbatch, and that is said.
  @Test func longStepsAreGivenUp() throws {
    let arguments = pretrain(["--steps", "3", "--batch", "262144", "--microbatch", "8"])
    let start = ContinuousClock.now
    let result = try Program.run(
      arguments, interruption: (SIGTERM, folder.path.appending("run/metrics.jsonl")))
    #expect(result.status == 75, "\(result.errors)")
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(result.errors.contains("Stopped before the first step"), "\(result.errors)")
    #expect(FileSystem.kind(of: folder.path.appending("run/checkpoints")) == nil)
    #expect(FileSystem.kind(of: folder.path.appending("run/config.json")) == .file)
  }

  /// A signal is answered at once, with what a second one would lose.
  @Test func signalsAreAnswered() throws {
    let result = try Program.run(
      pretrain(["--steps", "3", "--batch", "16384", "--microbatch", "512"]),
      interruption: (SIGINT, folder.path.appending("run/metrics.jsonl")))
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("Stopping "), "\(result.errors)")
    #expect(result.errors.contains("a second signal ends at once"), "\(result.errors)")
  }

  /// One update is made in any time, so that a series of calls gets further.
  @Test func everyCallGetsFurther() throws {
    var steps = [0]
    for _ in 0..<2 {
      let result = try Program.run(
        pretrain([
          "--steps", "1000", "--batch", "4096", "--microbatch", "8", "--max-time", "1s", "--resume",
          "auto",
        ]))
      #expect(result.status == 75, "\(result.errors)")
      let words = result.errors.split { $0.isWhitespace }.map(String.init)
      let place = try #require(words.firstIndex(of: "Stopped"), "\(result.errors)")
      steps.append(try #require(Int(words[place + 3])))
    }
    #expect(steps[0] < steps[1] && steps[1] < steps[2], "\(steps)")
  }

  @Test func timesAreWrittenAsSlurmWritesThem() throws {
    for time in ["24:00:00", "0:00:30", "100:00:00", "2-12:00:00", "90s", "1d", "1h30m"] {
      let result = try Program.run(pretrain(["--dry-run", "--max-time", time]))
      #expect(result.status == 0, "\(time): \(result.errors)")
    }
    for time in ["24:00", "1:60:00", "0:00:00", "1-24:00:00", "-1:00:00", "1:2:3:4", ":::", "1-"] {
      let result = try Program.run(pretrain(["--dry-run", "--max-time=\(time)"]))
      #expect(result.status == 64, "\(time): \(result.errors)")
    }
  }

  /// Within a job of Slurm training ends before the job does.
  @Test func slurmJobsEndInTime() throws {
    let end = "\(time(nil) + 10)"
    let endless = ["--steps", "100000000", "--batch", "4"]
    let result = try Program.run(
      pretrain(endless), environment: ["SLURM_JOB_END_TIME": end])
    #expect(result.status == 75, "\(result.errors)")
    #expect(time(nil) <= (Int(end) ?? 0) + 1)
    #expect(result.errors.contains("Slurm ends this job in"), "\(result.errors)")
    // The sooner end counts; one that is over says nothing of this process.
    for (end, limit) in [(time(nil) + 3600, "1s"), (time(nil) - 10, "1s")] {
      let result = try Program.run(
        pretrain(endless + ["--max-time", limit, "--resume", "auto"]),
        environment: ["SLURM_JOB_END_TIME": "\(end)"])
      #expect(result.status == 75 && !result.errors.contains("Slurm"), "\(result.errors)")
    }
  }

  /// Packing that is stopped leaves what was there, and nothing else.
  @Test(arguments: [false, true]) func stoppedPackingLeavesNothing(overwrites: Bool) throws {
    let lines = String(repeating: Workshop.text, count: 40)
    for number in 0..<20 { try folder.write(lines, to: "text\(number).txt") }
    let inputs = (0..<20).map { folder("text\($0).txt") }
    let output = folder.path.appending("out/data")
    try FileSystem.createDirectory(folder.path.appending("out"))
    if overwrites {
      #expect(
        try Program.run([
          "data", "pack", shop("text.txt"), "--tokenizer", shop("tokenizer"), "-o", output.string,
        ]).status == 0)
    }
    let before = overwrites ? try FileContents.read(output.appending("SHA256SUMS")) : []
    let result = try Program.run(
      ["data", "pack", "--tokenizer", shop("tokenizer"), "-o", output.string, "--overwrite"]
        + inputs,
      interruption: (SIGTERM, folder.path.appending("out/.data.partial")))
    #expect(result.status == 128 + SIGTERM, "\(result.errors)")
    #expect(result.errors.contains("Stopped: nothing was packed"), "\(result.errors)")
    #expect(
      try FileSystem.names(in: folder.path.appending("out")) == (overwrites ? ["data"] : []))
    if overwrites { #expect(try FileContents.read(output.appending("SHA256SUMS")) == before) }
  }
}
