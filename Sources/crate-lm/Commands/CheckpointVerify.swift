import ArgumentParser
import CRATELM
import Storage
import SystemPackage

/// A check of every byte of a run or checkpoint.
struct CheckpointVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read a run, checkpoint or file of tensors and check every bit.",
    discussion: """
      A run is checked with all its checkpoints; what is damaged is named with its file and bytes. \
      Files of other programs have few checksums: of those the format is checked.
      """)

  @OptionGroup var input: StoredPath

  @OptionGroup var report: ReportOptions

  func run() throws {
    var sound: [(part: StoredPart, assurance: Assurance, byteCount: Int)] = []
    var failures: [any Error] = []
    for part in try StoredPart.all(at: FilePath(input.path)) {
      do {
        let assurance = try part.verify()
        sound.append((part, assurance, try part.files().reduce(0) { $0 + $1.byteCount }))
      } catch {
        failures.append(error)
      }
    }
    for (part, assurance, _) in sound where !failures.isEmpty {
      report.note("\(part.path): sound\(assurance.remark).")
    }
    for failure in failures.dropFirst() { report.note("\(failure)") }
    if let first = failures.first { throw first }
    let lines = sound.map { part, assurance, byteCount in
      "\(part.path): \(byteCount) bytes, sound\(assurance.remark).\n"
    }
    try report.print(
      text: lines.joined(),
      json: [
        "path": input.path, "bytes": sound.reduce(0) { $0 + $1.byteCount },
        "parts": sound.map { part, assurance, byteCount -> JSONFields in
          [
            "path": part.path.string, "bytes": byteCount, "every_bit": assurance == .everyBit,
          ]
        },
      ])
  }
}

extension Assurance {
  /// What a reader should know besides that a part is sound.
  fileprivate var remark: String {
    switch self {
    case .everyBit: ""
    case .format: " as far as its format shows, which has no checksum of every bit"
    }
  }
}
