import Storage
import SystemPackage

/// The processor's name and instruction sets, as the operating system reports them.
public struct ProcessorFeatures: Sendable {
  /// The processor's name.
  public let model: String
  /// The processor's instruction sets among ``considered``.
  public let instructionSets: [String]

  /// The instruction sets for dense arithmetic, named as in the system's list.
  private static let considered = [
    "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512dq", "avx512cd", "avx512bw",
    "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
  ]
  private static let avx512 = ["avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl"]

  /// Whether the processor has the five AVX-512 sets that server kernels need.
  public var hasAVX512: Bool { Self.avx512.allSatisfy(instructionSets.contains) }

  /// The processor of this program: "unknown", without sets, if the system does not describe it.
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
