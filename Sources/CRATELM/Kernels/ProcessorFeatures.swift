import Storage
import SystemPackage

/// What the processor can do, as the operating system reports it.
public struct ProcessorFeatures: Sendable {
  /// The processor's name.
  public let model: String
  /// The instruction sets among ``considered`` that it has.
  public let instructionSets: [String]

  /// The instruction sets that matter for dense arithmetic, by their names in the system's list.
  private static let considered = [
    "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512dq", "avx512cd", "avx512bw",
    "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
  ]
  private static let avx512 = ["avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"]

  /// Whether the five AVX-512 sets that server kernels need are all there.
  public var hasAVX512: Bool { Self.avx512.allSatisfy(instructionSets.contains) }

  /// The processor this program runs on; without names where the system does not list them.
  public static let current: ProcessorFeatures = {
    guard let bytes = try? FileContents.read("/proc/cpuinfo") else {
      return ProcessorFeatures(model: "unknown", instructionSets: [])
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    func value(of key: String) -> Substring? {
      lines.first { $0.hasPrefix(key) }?.split(separator: ":", maxSplits: 1).last
    }
    let flags = Set(value(of: "flags")?.split(separator: " ").map(String.init) ?? [])
    return ProcessorFeatures(
      model: value(of: "model name")?.split(separator: " ").joined(separator: " ") ?? "unknown",
      instructionSets: considered.filter(flags.contains))
  }()
}
